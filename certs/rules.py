"""The rules a path must fulfil once its signatures are good: each a row of `RULES`, first broken row wins.

Source: RFC 5280 6.1, the certificate profiles of ISO 15118-2 and -20, OCPP 2.0.1 A00.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs import constraints, names
from certs.keys import KeyKind
from certs.profiles import MIN_RSA_BITS
from certs.verdict import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from certs.facts import Facts
    from certs.profiles import Profile

MAX_RSA_BITS: Final = 8192
_HASHLESS: Final = frozenset({KeyKind.ED25519, KeyKind.ED448})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One certificate of a path, and where it stands."""

    path: tuple[Facts, ...]
    position: int
    """0 is the leaf."""
    profile: Profile
    now: datetime

    @property
    def facts(self) -> Facts:
        """What the certificate says."""
        return self.path[self.position]

    @property
    def is_leaf(self) -> bool:
        """Whether the path begins here."""
        return self.position == 0

    @property
    def is_root(self) -> bool:
        """Whether the path ends here."""
        return self.position == len(self.path) - 1


def has_sound_key(facts: Facts, min_rsa_bits: int = MIN_RSA_BITS) -> bool:
    """Whether the key is of a kind that some profile allows, and long enough."""
    bits = facts.rsa_bits
    return facts.kind is not None and (bits is None or min_rsa_bits <= bits <= MAX_RSA_BITS)


def _validity(place: Place) -> Reason | None:
    """Both bounds belong to the period (RFC 5280 4.1.2.5)."""
    if place.now < place.facts.not_before:
        return Reason.NOT_YET_VALID
    return Reason.EXPIRED if place.now > place.facts.not_after else None


def _version(place: Place) -> Reason | None:
    return None if place.facts.certificate.version is x509.Version.v3 else Reason.VERSION


def _algorithm(place: Place) -> Reason | None:
    """The key, and the hash of the signature; that of a root says nothing, as nobody relies on it."""
    facts, profile = place.facts, place.profile
    if facts.kind not in profile.keys or not has_sound_key(facts, profile.min_rsa_bits):
        return Reason.ALGORITHM
    if place.is_root or place.path[place.position + 1].kind in _HASHLESS:
        return None
    return None if facts.hash_name in profile.hashes else Reason.ALGORITHM


def _critical(place: Place) -> Reason | None:
    return Reason.CRITICAL_EXTENSION if place.facts.unknown_critical else None


def _authority(place: Place) -> Reason | None:
    if place.is_leaf:
        return Reason.LEAF_IS_CA if place.facts.ca else None
    return None if place.facts.ca else Reason.NOT_A_CA


def _key_usage(place: Place) -> Reason | None:
    """CAs must be allowed to sign certificates, leaves what their profile says, where they name any usage."""
    usage = place.facts.usage
    if usage is None:
        return None
    wanted = place.profile.usages if place.is_leaf else {"key_cert_sign"}
    return None if any(getattr(usage, one) for one in wanted) else Reason.KEY_USAGE


def _path_length(place: Place) -> Reason | None:
    """Sub-CAs that stand below it; those that are self-issued do not count."""
    below = [one for one in place.path[1 : place.position] if not one.self_issued]
    limit = place.facts.path_length
    return Reason.PATH_LENGTH if limit is not None and len(below) > limit else None


def _depth(place: Place) -> Reason | None:
    subs = len(place.path) - 2
    return Reason.TOO_DEEP if place.is_leaf and subs > place.profile.max_subs else None


def _purpose(place: Place) -> Reason | None:
    """Where purposes are named, also on a sub-CA, the one that is wanted must be among them."""
    wanted, purposes = place.profile.purpose, place.facts.purposes
    if wanted is None or purposes is None or place.is_root:
        return None
    return (
        None if purposes & {wanted, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} else Reason.EXTENDED_KEY_USAGE
    )


def _subject(place: Place) -> Reason | None:
    """CAs have a name; leaves have a CN where the profile asks for it."""
    certificate = place.facts.certificate
    if not place.is_leaf:
        return None if certificate.subject.rdns else Reason.SUBJECT
    if place.profile.common_name and not names.common_name(certificate):
        return Reason.SUBJECT
    named = certificate.subject.rdns or place.facts.alternative_names
    return None if named else Reason.SUBJECT


def _domain_component(place: Place) -> Reason | None:
    wanted = place.profile.domain_component
    if wanted is None or not place.is_leaf:
        return None
    found = names.domain_components(place.facts.certificate)
    return None if wanted in found else Reason.DOMAIN_COMPONENT


def _name_constraints(place: Place) -> Reason | None:
    """Self-issued CAs are exempt, as their name is that of the constraining one (RFC 5280 6.1.3 (b))."""
    facts = place.facts
    if facts.self_issued and not place.is_leaf:
        return None
    above = (one.constraints for one in place.path[place.position + 1 :])
    broken = any(one is not None and not constraints.allows(one, facts) for one in above)
    return Reason.NAME_CONSTRAINTS if broken else None


RULES: Final[tuple[Callable[[Place], Reason | None], ...]] = (
    _validity,
    _version,
    _algorithm,
    _critical,
    _authority,
    _key_usage,
    _path_length,
    _depth,
    _purpose,
    _subject,
    _domain_component,
    _name_constraints,
)


def check(path: tuple[Facts, ...], profile: Profile, now: datetime) -> Refused | None:
    """The first rule that is broken, from the leaf upwards; None if all are kept."""
    for position, facts in enumerate(path):
        place = Place(path=path, position=position, profile=profile, now=now)
        for rule in RULES:
            if (reason := rule(place)) is not None:
                return Refused(reason=reason, certificate=facts.certificate, detail=_detail(reason, facts))
    return None


def _detail(reason: Reason, facts: Facts) -> str:
    details = {
        Reason.EXPIRED: facts.not_after.isoformat(),
        Reason.NOT_YET_VALID: facts.not_before.isoformat(),
        Reason.CRITICAL_EXTENSION: ", ".join(facts.unknown_critical),
        Reason.ALGORITHM: f"key {facts.kind}, signature hash {facts.hash_name}",
        Reason.DOMAIN_COMPONENT: ", ".join(names.domain_components(facts.certificate)) or "none",
    }
    return details.get(reason, "")[:200]
