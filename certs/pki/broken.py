"""Chains that are wrong in one way each, made from a good one, with the reason a verification has to give."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.names import subject
from certs.ocsp import Status
from certs.pki.hierarchies import LEAF_PROFILES, Pki, contents, edition_of
from certs.pki.issuing import CA_USAGES, Contents, Identity
from certs.pki.status import Period, crl, ocsp_response
from certs.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from certs.keys import KeyKind, PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A chain that must be refused."""

    name: str
    reason: Reason
    leaf: x509.Certificate
    key: PrivateKey = field(repr=False)
    received: tuple[x509.Certificate, ...]
    """What comes beside the leaf."""
    roots: tuple[x509.Certificate, ...]
    responses: tuple[bytes, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """What a variant is made from."""

    pki: Pki
    good: Identity
    """The leaf of the good chain."""

    @property
    def issuer(self) -> Identity:
        """The lowest CA."""
        assert self.good.issuer is not None
        return self.good.issuer

    @property
    def kind(self) -> KeyKind:
        """What the keys of the hierarchy are."""
        return LEAF_PROFILES[self.good.name].default_key

    def contents(self, identity: Identity) -> Contents:
        """What the good certificate says."""
        row = self.pki.rows[identity.name]
        return contents(row, self.pki.options, edition_of(identity.name))

    def leaf(self, name: str, issuer: Identity | None = None, **changes: Any) -> Identity:
        """The good leaf with changes."""
        changed = dataclasses.replace(self.contents(self.good), **changes)
        return self.pki.mint.identity(name, changed, issuer or self.issuer, key=self.good.key)

    def authority(self, name: str, **changes: Any) -> Identity:
        """The lowest CA with changes, its key and name the same."""
        changed = dataclasses.replace(self.contents(self.issuer), **changes)
        return self.pki.mint.identity(name, changed, self.issuer.issuer, key=self.issuer.key)

    def broken(self, name: str, reason: Reason, leaf: Identity, **more: Any) -> Broken:
        """The outcome, unless `more` says otherwise."""
        usual: dict[str, Any] = {
            "leaf": leaf.certificate,
            "key": leaf.key,
            "received": leaf.chain[1:],
            "roots": (self.good.path[-1],),
        }
        return Broken(name=name, reason=reason, **{**usual, **more})


def _expired(bench: _Bench) -> Broken:
    now = bench.pki.options.now
    leaf = bench.leaf("EXPIRED", not_before=now - timedelta(days=30), not_after=now - timedelta(days=1))
    return bench.broken("expired", Reason.EXPIRED, leaf)


def _expired_sub(bench: _Bench) -> Broken:
    now = bench.pki.options.now
    sub = bench.authority(
        "EXPIRED_SUB", not_before=now - timedelta(days=30), not_after=now - timedelta(days=1)
    )
    return bench.broken("expired-sub", Reason.EXPIRED, bench.leaf("BELOW_EXPIRED", sub))


def _future(bench: _Bench) -> Broken:
    start = bench.pki.options.now + timedelta(days=1)
    leaf = bench.leaf("FUTURE", not_before=start, not_after=start + timedelta(days=30))
    return bench.broken("future", Reason.NOT_YET_VALID, leaf)


def _revoked(bench: _Bench) -> Broken:
    leaf = bench.leaf("REVOKED")
    period = Period.around(bench.pki.options.now)
    response = ocsp_response(leaf.certificate, bench.issuer, period=period, status=Status.REVOKED)
    listed = crl(
        bench.issuer,
        period=period,
        revoked={leaf.certificate.serial_number: x509.ReasonFlags.key_compromise},
    )
    return bench.broken("revoked", Reason.REVOKED, leaf, responses=(response,), crls=(listed,))


def _wrong_usage(bench: _Bench) -> Broken:
    return bench.broken(
        "wrong-usage", Reason.KEY_USAGE, bench.leaf("WRONG_USAGE", usages=frozenset({"crl_sign"}))
    )


def _wrong_purpose(bench: _Bench) -> Broken:
    leaf = bench.leaf("WRONG_PURPOSE", purposes=(ExtendedKeyUsageOID.TIME_STAMPING,))
    return bench.broken("wrong-purpose", Reason.EXTENDED_KEY_USAGE, leaf)


def _wrong_signature(bench: _Bench) -> Broken:
    good = bench.leaf("WRONG_SIGNATURE")
    der = bytearray(good.certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1  # the last byte of the signature
    forged = x509.load_der_x509_certificate(bytes(der))
    made = bench.broken("wrong-signature", Reason.LEAF_SIGNATURE, good)
    return dataclasses.replace(made, leaf=forged)


def _missing_sub(bench: _Bench) -> Broken:
    leaf = bench.leaf("MISSING_SUB")
    return bench.broken("missing-sub", Reason.ISSUER_NOT_FOUND, leaf, received=())


def _wrong_component(bench: _Bench) -> Broken:
    options = bench.pki.options
    name = subject(
        common_name=options.secc_id,
        organization=options.organization,
        country=options.country,
        domain_component="NONE",
    )
    return bench.broken("wrong-dc", Reason.DOMAIN_COMPONENT, bench.leaf("WRONG_DC", subject=name))


def _weak_curve(bench: _Bench) -> Broken:
    made = bench.contents(bench.good)
    key = ec.generate_private_key(ec.SECP224R1())
    leaf = bench.pki.mint.identity("WEAK_CURVE", made, bench.issuer, key=key)
    return bench.broken("weak-curve", Reason.ALGORITHM, leaf)


def _not_a_ca(bench: _Bench) -> Broken:
    sub = bench.authority("NOT_A_CA", ca=False, path_length=None)
    return bench.broken("not-a-ca", Reason.NOT_A_CA, bench.leaf("BELOW_NO_CA", sub))


def _path_too_long(bench: _Bench) -> Broken:
    """One more sub-CA below the one that allows none."""
    made = dataclasses.replace(
        bench.contents(bench.issuer),
        subject=subject(common_name="SURPLUS SUB CA", organization=bench.pki.options.organization),
    )
    sub = bench.pki.mint.identity("SURPLUS_SUB", made, bench.issuer, kind=bench.kind)
    return bench.broken("path-too-long", Reason.PATH_LENGTH, bench.leaf("BELOW_SURPLUS", sub))


def _leaf_is_ca(bench: _Bench) -> Broken:
    leaf = bench.leaf("LEAF_IS_CA", ca=True, usages=CA_USAGES | {"digital_signature"})
    return bench.broken("leaf-is-ca", Reason.LEAF_IS_CA, leaf)


def _foreign_root(bench: _Bench) -> Broken:
    """A whole chain with its root, which nobody trusts, inside what is received."""
    made = dataclasses.replace(
        bench.contents(_root_of(bench.good)),
        subject=subject(common_name="FOREIGN ROOT CA", organization=bench.pki.options.organization),
    )
    root = bench.pki.mint.identity("FOREIGN_ROOT", made, None, kind=bench.kind)
    leaf = bench.leaf("BELOW_FOREIGN", root)
    return bench.broken("foreign-root", Reason.NO_TRUSTED_ROOT, leaf, received=(root.certificate,))


def _root_of(identity: Identity) -> Identity:
    return identity if identity.issuer is None else _root_of(identity.issuer)


def _critical_extension(bench: _Bench) -> Broken:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
    leaf = bench.leaf("CRITICAL", others=((unknown, True),))
    return bench.broken("critical-extension", Reason.CRITICAL_EXTENSION, leaf)


VARIANTS: Final[Mapping[str, Callable[[_Bench], Broken]]] = {
    "expired": _expired,
    "expired-sub": _expired_sub,
    "future": _future,
    "revoked": _revoked,
    "wrong-usage": _wrong_usage,
    "wrong-purpose": _wrong_purpose,
    "wrong-signature": _wrong_signature,
    "missing-sub": _missing_sub,
    "wrong-dc": _wrong_component,
    "weak-curve": _weak_curve,
    "not-a-ca": _not_a_ca,
    "path-too-long": _path_too_long,
    "leaf-is-ca": _leaf_is_ca,
    "foreign-root": _foreign_root,
    "critical-extension": _critical_extension,
}
"""Every way a chain can be wrong, by name."""

_NEEDS_PURPOSE: Final = frozenset({"wrong-purpose"})
_NEEDS_COMPONENT: Final = frozenset({"wrong-dc"})
_NEEDS_SUBS: Final = frozenset({"expired-sub", "missing-sub", "not-a-ca", "path-too-long"})


def variants_of(pki: Pki, name: str) -> tuple[str, ...]:
    """The variants that make sense for a leaf: its profile must ask for what they break."""
    profile = LEAF_PROFILES[name]
    left_out: frozenset[str] = frozenset()
    if profile.purpose is None:
        left_out |= _NEEDS_PURPOSE
    if profile.domain_component is None:
        left_out |= _NEEDS_COMPONENT
    if len(pki[name].path) < 3:  # noqa: PLR2004  # leaf, sub-CA and root
        left_out |= _NEEDS_SUBS
    return tuple(variant for variant in VARIANTS if variant not in left_out)


def broken(pki: Pki, name: str, variant: str) -> Broken:
    """One variant of the chain of a leaf. KeyError for names there are not."""
    return VARIANTS[variant](_Bench(pki=pki, good=pki[name]))
