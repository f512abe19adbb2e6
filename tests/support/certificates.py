"""A small certificate world for tests, made once per process: the same keys and serial numbers every time."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from certs import chain, pki, profiles
from certs.keys import KeyKind
from certs.names import subject
from certs.pem import load_der
from certs.pki.issuing import CA_USAGES, Contents

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from certs.pki import Identity, Mint, Pki
    from certs.verdict import Verdict

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


@functools.cache
def world(kind: KeyKind = KeyKind.P521) -> Pki:
    """Both editions and OCPP; `kind` is what ISO 15118-20 uses."""
    return pki.build(pki.Options(now=NOW, iso20_kind=kind), pki.insecure_mint("world"))


class Forge:
    """Makes chains certificate by certificate, of P-256 keys and with whatever contents are wanted."""

    def __init__(self, seed: str = "forge", kind: KeyKind = KeyKind.P256) -> None:
        self.mint: Mint = pki.insecure_mint(seed, 1000)
        self.kind = kind
        self.made = 0

    def contents(self, name: str, **changes: Any) -> Contents:
        """A leaf as the SECC profile of -2 wants it, with changes."""
        usual = Contents(
            subject=subject(common_name=name, organization="Test", domain_component="CPO"),
            not_before=NOW - DAY,
            not_after=NOW + 30 * DAY,
        )
        return replace(usual, **changes)

    def _identity(self, name: str, contents: Contents, issuer: Identity | None, **how: Any) -> Identity:
        self.made += 1
        how.setdefault("kind", self.kind)
        made = self.mint.identity(f"{name}{self.made}", contents, issuer, **how)
        return replace(made, name=name)

    def root(
        self, name: str = "Root", *, kind: KeyKind | None = None, key: Any = None, **changes: Any
    ) -> Identity:
        """A self-signed CA."""
        return self.ca(name, None, kind=kind, key=key, **changes)

    def ca(
        self,
        name: str,
        issuer: Identity | None,
        *,
        kind: KeyKind | None = None,
        key: Any = None,
        **changes: Any,
    ) -> Identity:
        """A CA."""
        contents = self.contents(name, **{"ca": True, "usages": CA_USAGES, **changes})
        return self._identity(name, contents, issuer, kind=kind or self.kind, key=key)

    def leaf(
        self,
        issuer: Identity | None,
        name: str = "Leaf",
        *,
        kind: KeyKind | None = None,
        key: Any = None,
        **changes: Any,
    ) -> Identity:
        """A leaf."""
        return self._identity(name, self.contents(name, **changes), issuer, kind=kind or self.kind, key=key)


def check(leaf: Identity, root: Identity | None = None, **how: Any) -> Verdict:
    """Verify a chain as a SECC's of -2 against its own root, or another one."""
    trusted = (root or _root(leaf)).certificate
    options = {"profile": profiles.SECC_ISO2, "now": NOW, "received": leaf.chain[1:], **how}
    return chain.verify(leaf.certificate, roots=[trusted], **options)


def _root(identity: Identity) -> Identity:
    return identity if identity.issuer is None else _root(identity.issuer)


def der(certificate: Certificate) -> bytes:
    """The certificate as DER."""
    return certificate.public_bytes(Encoding.DER)


def forged(certificate: Certificate) -> Certificate:
    """The certificate with one bit of its signature changed."""
    data = bytearray(der(certificate))
    data[-1] ^= 1
    return load_der(bytes(data))


def patched(certificate: Certificate, old: bytes, new: bytes) -> Certificate:
    """The certificate with bytes replaced by as many others; its signature does not fit any more."""
    data = der(certificate)
    assert len(old) == len(new)
    assert old in data
    return load_der(data.replace(old, new))


def unreadable(certificate: Certificate) -> Certificate:
    """The certificate with a critical key usage that is no bit string."""
    usage = bytes.fromhex("0603551d0f0101ff0404")
    return patched(certificate, usage + b"\x03", usage + b"\x04")
