"""What a TLS handshake was about, for the log (`enable_ssl_logging`). Pure; no secret is among it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certs.names import describe
from certs.tls.faults import alert_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certs.tls import ServerEndpoint

SHOWN: Final = 16
"""Numbers of each kind that are shown; a car offers fewer."""


def facts_of(endpoint: ServerEndpoint) -> dict[str, str | bool | None]:
    """What the car has offered, as numbers of the IANA registries, and what came of it."""
    hello, identity, failure, peer = endpoint.hello, endpoint.identity, endpoint.failure, endpoint.peer
    facts: dict[str, str | bool | None] = {"state": endpoint.state.name}
    if hello is not None:
        facts |= {
            "offered_versions": _numbers(hello.supported_versions or (hello.legacy_version,)),
            "offered_suites": _numbers(hello.suites),
            "offered_groups": _numbers(hello.groups or ()),
            "offered_signatures": _numbers(hello.signature_schemes or ()),
            "names_authorities": bool(hello.trusted_authorities or hello.certificate_authorities),
            "wants_staple": hello.wants_status,
        }
    if identity is not None:
        facts |= {"shown": describe(identity.leaf.subject), "stapled": endpoint.stapled}
    if (edition := endpoint.edition) is not None:
        facts |= {"edition": edition.value, "suite": endpoint.suite, "group": endpoint.group}
    if peer is not None:
        facts["vehicle"] = describe(peer.path[0].subject)
    if failure is not None:
        alert = None if failure.alert is None else alert_name(failure.alert)
        facts |= {"failure": str(failure), "alert": alert}
    return facts


def _numbers(found: Iterable[int]) -> str:
    return " ".join(f"{each:04x}" for each in tuple(found)[:SHOWN])
