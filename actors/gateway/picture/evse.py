"""One EVSE as it is shown. Pure; what is published is folded into it by `evse_folds`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.evse.messages import Flow, Phase
from actors.gateway.picture.forms import Evse, Outlet
from actors.gateway.picture.outside import INOPERATIVE, OutsideEvse
from actors.gateway.picture.session import BASIC, SessionView
from actors.v2g.messages import Milestones

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.evse.messages import EvseCondition
    from actors.gateway.picture.forms import ErrorShown
    from actors.gateway.picture.session import Sessions
    from actors.gateway.picture.tokens import Tokens
    from actors.gateway.site_map import Evse as Place
    from protocols.types.powermeter import Powermeter

UNKNOWN: Final = "Unknown"
FLOWS: Final[Mapping[Flow | None, str]] = {
    Flow.CHARGING: "Charging",
    Flow.PAUSED_BY_EV: "SuspendedEV",
    Flow.PAUSED_BY_EVSE: "SuspendedEVSE",
}
"""Words of OCPP 1.6 for what a transaction is at; all others are Preparing, or Finishing behind a stop."""


class EvseView:
    """One EVSE; its fields are what was heard last."""

    def __init__(
        self, place: Place, sessions: Sessions, tokens: Tokens, *, evidence: bool, outside: bool = False
    ) -> None:
        """`outside`: its manager is a program."""
        self.place = place
        self.session: SessionView | None = None
        """The one at hand."""
        self.errors: tuple[ErrorShown, ...] = ()
        self.ready = False
        self.installed: tuple[datetime, str] | None = None
        """When usable certificates were found, and which."""
        self.sessions, self._tokens = sessions, tokens
        self._evidence = evidence
        self.condition: EvseCondition | None = None
        """As its manager says it."""
        self.outside = OutsideEvse(place.evse) if outside else None
        """What a manager that does not say it lets know."""
        self.talk = Milestones()
        self.letting_go = False
        """Energy is being taken away."""
        self.meter: Powermeter | None = None
        self.soc_percent: float | None = None
        self.offered_a: float | None = None
        self.offered_w: float | None = None

    def stands(self) -> EvseCondition | None:
        """How it is; None: nothing was heard yet."""
        if self.outside is None:
            return self.condition
        return self.outside.condition(faulted=any(each.type == INOPERATIVE for each in self.errors))

    def follow(self, now: datetime) -> None:
        """Put together what has come from several sides."""
        session = self.session
        if session is None:
            return
        session.talked(self.talk)
        session.presented(self._tokens, now)
        if self.installed is not None:
            session.prove(installed_at=self.installed[0], installed=self.installed[1])
        condition = self.stands()
        charging = condition is not None and condition.flow is Flow.CHARGING
        if charging and session.protocol is None and session.proofs.opened_at is None:
            session.protocol = BASIC

    def show(self) -> Evse:
        """As people see it."""
        meter, session = self.meter, self.session
        power = meter.power_w.total_w if meter is not None and meter.power_w is not None else None
        return Evse(
            evse=self.place.evse,
            id=self.place.id,
            mode=self.place.mode,
            connectors=tuple(
                Outlet(connector=each.connector, type=each.type) for each in self.place.connectors
            ),
            state=self._state(),
            available=self._available(),
            power_w=power,
            energy_wh=session.energy_wh if session is not None else None,
            soc_percent=self.soc_percent if session is not None else None,
            offered_w=self.offered_w,
            offered_a=self.offered_a,
            errors=self.errors,
            session=session.show() if session is not None else None,
        )

    def _available(self) -> bool:
        condition = self.stands()
        return condition is not None and any(
            each.enabled and not each.faulted for each in condition.connectors
        )

    def _state(self) -> str:
        condition = self.stands()
        if condition is None:
            return UNKNOWN
        if condition.phase is Phase.TRANSACTION:
            return FLOWS.get(condition.flow, "Finishing" if self.letting_go else "Preparing")
        idle = condition.phase is Phase.IDLE
        words = (
            (all(each.faulted for each in condition.connectors), "Faulted"),
            (condition.phase is Phase.OVER, "Finishing"),
            (condition.phase is Phase.SESSION, "Preparing"),
            (idle and not any(each.enabled for each in condition.connectors), "Unavailable"),
            (condition.reservation_id is not None, "Reserved"),
        )
        return next((word for holds, word in words if holds), "Available")

    def at_hand(self, uuid: str, began: datetime) -> SessionView:
        """The session of that id; another one that was at hand has ended without a word."""
        found = self.sessions.get(uuid)
        if found is None or found.evse != self.place.evse:
            found = SessionView(uuid, self.place.evse, began, evidence=self._evidence)
            self.sessions.add(found)
        if self.session is not found and found.ended is None:
            self.close(began)
            self.session = found
        return found

    def close(self, moment: datetime) -> None:
        """There is no session any more."""
        if self.session is not None:
            self.session.end(moment)
            self.session = None
            self.letting_go, self.soc_percent = False, None
