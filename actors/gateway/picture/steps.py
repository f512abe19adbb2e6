"""The steps 0 to 6 of a session, each with the event that proves it and the time of that event. Pure.

| step | proved by |
|---|---|
| 0 | the list of certificates: a usable SECC leaf below an installed V2G root; or step 1, which used them |
| 1 | the link: the car has connected, over TLS where that is spoken; without a network: plugged in |
| 2 | the V2G session: `require_auth_pnc`, said when the chain is checked and the token is built |
| 3 | `provided_token` of the EVSE manager, of a reader or of OCPP |
| 4 | Auth: `token_validation_status` Processing, said when the validators are asked |
| 5 | the EVSE manager: session event Authorized |
| 6 | the V2G session: its AuthorizationRes says Finished, and OK |

A time, once there, stays: what is said again later changes nothing, and no step loses it. Only step 1 may
move to a later connection as long as none has brought a contract, and a time that is merely that of hearing
gives way to the actor's own, or to that of what has followed from it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # read at run time by whoever asks for the hints
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.gateway.picture.forms import Step

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """What is known of how far a session has come."""

    installed_at: datetime | None = None
    installed: str = ""
    """Which certificates."""
    plugged_at: datetime | None = None
    opened_at: datetime | None = None
    opened: str = ""
    """How the car has connected."""
    tls: bool | None = None
    contract_at: datetime | None = None
    provided_at: datetime | None = None
    provider: str = ""
    asked_at: datetime | None = None
    authorized_at: datetime | None = None
    told_at: datetime | None = None
    by_contract: bool | None = None
    """Whether it is authorized by contract; None: not known yet."""
    vouched: bool = False
    """The provider vouches for the token: nobody is asked."""

    def with_more(self, **found: datetime | str | None) -> Proofs:
        """With what is new; what is there already stays, what is None or empty says nothing."""
        new = {name: value for name, value in found.items() if value and not getattr(self, name)}
        return dataclasses.replace(self, **new) if new else self  # type: ignore[arg-type]  # names of our fields

    def with_talk(self, opened_at: datetime, opened: str, *, tls: bool) -> Proofs:
        """With a connection: the first, or a later one while none has brought a contract."""
        if self.contract_at is not None or self.told_at is not None:
            return self
        return dataclasses.replace(self, opened_at=opened_at, opened=opened, tls=tls)


class _Row(NamedTuple):
    title: str
    at: Callable[[Proofs], datetime | None]
    detail: Callable[[Proofs], str]


ONLY_CONTRACT: Final = "only with Plug & Charge"
ONLY_SPOKEN: Final = "only with a car that speaks ISO 15118 or DIN 70121"


def _installed(proofs: Proofs) -> datetime | None:
    if not (proofs.by_contract or proofs.tls):
        return None
    used = proofs.opened_at if proofs.tls else None
    return min((each for each in (proofs.installed_at, used) if each is not None), default=None)


def _by_contract(proofs: Proofs) -> str:
    return ONLY_CONTRACT if proofs.by_contract is False else ""


def _contract(proofs: Proofs) -> datetime | None:
    """As below: what it is said of is handed on before it is heard of."""
    handed_on = _provided(proofs) if proofs.by_contract else None
    return _no_later(proofs.contract_at, handed_on)


def _asked(proofs: Proofs) -> datetime | None:
    """Heard by the way, and perhaps late: never after what follows from it."""
    return _no_later(proofs.asked_at, proofs.authorized_at)


def _provided(proofs: Proofs) -> datetime | None:
    """As above."""
    return _no_later(proofs.provided_at, proofs.asked_at, proofs.authorized_at)


def _no_later(at: datetime | None, *later: datetime | None) -> datetime | None:
    return None if at is None else min(at, *(each for each in later if each is not None), at)


def _told(proofs: Proofs) -> str:
    silent = proofs.authorized_at is not None and proofs.opened_at is None
    return ONLY_SPOKEN if silent and not proofs.by_contract else ""


ROWS: Final = (
    _Row(
        "Certificates and keys installed",
        _installed,
        lambda proofs: proofs.installed if _installed(proofs) else _by_contract(proofs),
    ),
    _Row(
        "Car connected",
        lambda proofs: proofs.opened_at or proofs.plugged_at,
        lambda proofs: proofs.opened or ("plugged in" if proofs.plugged_at else ""),
    ),
    _Row("Contract received, token built", _contract, _by_contract),
    _Row("Token handed to authorization", _provided, lambda proofs: proofs.provider),
    _Row(
        "Validators asked",
        lambda proofs: None if proofs.vouched else _asked(proofs),
        lambda proofs: "not needed: its provider vouches for it" if proofs.vouched else "",
    ),
    _Row("EVSE authorized", lambda proofs: proofs.authorized_at, lambda _: ""),
    _Row("Car told that it may charge", lambda proofs: proofs.told_at, _told),
)


def steps_of(proofs: Proofs) -> tuple[Step, ...]:
    """All seven."""
    return tuple(
        Step(step=number, title=row.title, at=row.at(proofs), detail=row.detail(proofs))
        for number, row in enumerate(ROWS)
    )
