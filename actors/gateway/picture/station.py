"""What is shown of the station as a whole: its back-end, certificates and errors. Pure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.errors.mrec import tech_code
from actors.gateway.picture.forms import Certificate, Csms, ErrorShown
from actors.ocpp.messages import LinkState
from protocols.interfaces import ocpp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from actors.certificates.messages import ListedCertificate
    from actors.errors.messages import Standing
    from protocols.message import Var

LEAF: Final = "SECC leaf"
ROOT: Final = "V2G root"


def _link(csms: Csms, state: LinkState) -> Csms:
    version = state.ocpp_version.value if state.ocpp_version is not None else csms.version
    return dataclasses.replace(
        csms, connected=state.connection > 0, version=version, url=state.url or csms.url
    )


def _connected(csms: Csms, news: ocpp.IsConnected) -> Csms:
    return dataclasses.replace(csms, connected=news.connected)


def _booted(csms: Csms, news: ocpp.BootNotificationResponse) -> Csms:
    return dataclasses.replace(csms, boot=news.response.status.value)


FOLDS: Final[Mapping[type[Var], Callable[..., Csms]]] = {
    LinkState: _link,
    ocpp.IsConnected: _connected,
    ocpp.BootNotificationResponse: _booted,
}
"""What each variable says of the back-end."""


def certificate(listed: ListedCertificate, now: datetime) -> Certificate:
    """A certificate as people see it."""
    return Certificate(
        kind=listed.kind,
        subject=listed.subject,
        issuer=listed.issuer,
        not_before=listed.not_before,
        not_after=listed.not_after,
        days_left=max(0, (listed.not_after - now).days),
        problem=listed.problem or None,
    )


def installed(found: Iterable[Certificate]) -> str:
    """Which certificates make step 0 true: a usable leaf and a root; empty where either is missing."""
    good = [each for each in found if each.problem is None]
    leaf = next((each for each in good if each.kind == LEAF), None)
    if leaf is None or not any(each.kind == ROOT for each in good):
        return ""
    return f"{leaf.subject}, good until {leaf.not_after:%Y-%m-%d}"


def error(standing: Standing) -> ErrorShown:
    """An error as people see it."""
    found = standing.error
    code = tech_code(found.type)
    return ErrorShown(
        uuid=found.uuid,
        type=found.type,
        sub_type=found.sub_type,
        severity=found.severity.value,
        message=found.message,
        description=found.description,
        origin=f"{found.origin.module_id}/{found.origin.implementation_id}",
        evse=standing.evse or None,
        connector=standing.connector,
        at=found.timestamp,
        mrec=code if code != found.type else None,
    )
