"""Which edition and which chain a car gets, decided from its ClientHello. Pure.

The newest edition that both can speak wins. Within it the chains that are valid now and whose signature the
car can verify are candidates; the first one that leads to a CA the car says it trusts is shown, or simply
the first one where the car names none of ours (RFC 6066 6 leaves that to us: the car can still refuse).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certs.facts import read
from certs.tls.authorities import names_one_of
from certs.tls.client_hello import TLS12, TLS13, ClientHello
from certs.tls.editions import RULES, Edition, TlsRules
from certs.tls.faults import Alert, Fault, TlsFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from cryptography import x509

    from certs.tls.material import Identity, ServerMaterial


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """What a car gets."""

    rules: TlsRules
    identity: Identity
    acknowledged: bool
    """Whether the chain was chosen by trusted_ca_keys, which the server then acknowledges (RFC 6066 6)."""


_Step = tuple[Fault, Alert, "Callable[[ClientHello, TlsRules], bool]"]

STEPS: Final[tuple[_Step, ...]] = (
    (Fault.VERSION, Alert.PROTOCOL_VERSION, lambda hello, rules: hello.offers(rules.version)),
    (Fault.SUITE, Alert.HANDSHAKE_FAILURE, lambda hello, rules: _meet(hello.suites, rules.suites)),
    # a client of 1.2 that names no groups takes any (RFC 8422 4), one of 1.3 must name some
    (
        Fault.GROUP,
        Alert.HANDSHAKE_FAILURE,
        lambda hello, rules: (
            _meet(hello.groups, rules.groups) or (hello.groups is None and rules.version == TLS12)
        ),
    ),
    (
        Fault.SIGNATURE,
        Alert.HANDSHAKE_FAILURE,
        lambda hello, rules: _meet(hello.signature_schemes, rules.signatures),
    ),
)
"""What must be common, in the order in which it is looked at."""


def select(hello: ClientHello, material: ServerMaterial, now: datetime) -> Selection | TlsFailure:
    """What this car gets; or why it gets nothing, told of the edition that came nearest."""
    best: tuple[int, TlsFailure] | None = None
    for edition, rules in RULES.items():
        identities = material.of(edition)
        if not identities:
            continue
        progress, outcome = _try(hello, rules, identities, now)
        if isinstance(outcome, Selection):
            return outcome
        if best is None or progress > best[0]:
            best = progress, outcome
    if best is None:
        return TlsFailure(fault=Fault.NO_CHAIN, alert=Alert.HANDSHAKE_FAILURE)
    return best[1]


def _try(
    hello: ClientHello, rules: TlsRules, identities: tuple[Identity, ...], now: datetime
) -> tuple[int, Selection | TlsFailure]:
    for progress, (fault, alert, is_met) in enumerate(STEPS):
        if not is_met(hello, rules):
            return progress, TlsFailure(fault=fault, alert=alert, detail=_offered(fault, hello))
    valid = tuple(identity for identity in identities if identity.is_valid(now))
    if not valid:
        return len(STEPS), TlsFailure(fault=Fault.NO_CHAIN, alert=Alert.HANDSHAKE_FAILURE)
    usable = tuple(
        identity for identity in valid if _scheme(rules, identity) in (hello.signature_schemes or ())
    )
    if not usable:
        return len(STEPS), TlsFailure(fault=Fault.SIGNATURE, alert=Alert.HANDSHAKE_FAILURE)
    trusted = next((one for one in usable if _is_wanted(hello, rules, one)), None)
    acknowledged = trusted is not None and rules.edition is Edition.ISO2
    return len(STEPS), Selection(rules=rules, identity=trusted or usable[0], acknowledged=acknowledged)


def _meet(offered: Iterable[int] | None, known: Mapping[str, int]) -> bool:
    return bool(frozenset(offered or ()) & frozenset(known.values()))


def _scheme(rules: TlsRules, identity: Identity) -> int | None:
    kind = read(identity.leaf).kind
    return rules.keys.get(kind) if kind is not None else None


def _is_wanted(hello: ClientHello, rules: TlsRules, identity: Identity) -> bool:
    """Whether the car has said that it trusts a CA of this chain."""
    authorities = _authorities(identity)
    if rules.version == TLS13 and hello.certificate_authorities is not None:
        return any(one.subject.public_bytes() in hello.certificate_authorities for one in authorities)
    return names_one_of(hello.trusted_authorities or (), authorities)


def _authorities(identity: Identity) -> tuple[x509.Certificate, ...]:
    root = () if identity.root is None else (identity.root,)
    return (*root, *identity.certificates[1:])


_SHOWN: Final = 16


def _offered(fault: Fault, hello: ClientHello) -> str:
    """What the client offers of that which is not common, shortened."""
    offered: Mapping[Fault, tuple[int, ...] | None] = {
        Fault.VERSION: hello.supported_versions or (hello.legacy_version,),
        Fault.SUITE: hello.suites,
        Fault.GROUP: hello.groups,
        Fault.SIGNATURE: hello.signature_schemes,
    }
    numbers = offered[fault] or ()
    return "offered: " + (" ".join(f"{number:04x}" for number in numbers[:_SHOWN]) or "none")
