"""Actor of the messages for the station's display. Answers EVerest interface `display_message`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from actors.display import board
from actors.display.messages import DisplayState, KnownSession, Showing
from actors.engine.base import handles
from actors.engine.journal import Journal, JournalError
from actors.evse.messages import EvseCondition
from actors.module_actor import ModuleActor
from protocols.interfaces import display_message, evse_manager, ocpp
from protocols.types.display_message import (
    ClearDisplayMessageResponse,
    ClearMessageResponseEnum,
    DisplayMessageStatusEnum,
    GetDisplayMessageResponse,
    SetDisplayMessageResponse,
)
from protocols.types.evse_manager import SessionEventEnum

if TYPE_CHECKING:
    from protocols.types.authorization import ProvidedIdToken

LONGEST_WAIT_S = 3600.0
"""A clock that is set meanwhile is noticed by then."""


class DisplayActor(ModuleActor):
    """Child of the site. Its successor recovers messages and sessions from the journal, hears from the EVSEs
    who charges by now, and tells again what may be shown. A message is durable before it is accepted.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept = DisplayState()
        self._journal: Journal | None = None

    def on_start(self) -> None:
        """Recover the messages, and listen to who charges."""
        path = Path(self.config["state"]) / f"{self.module_id}.display.journal"
        self._journal = self.own(Journal.open(path, now=self.port.clock.now()))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        state, records = self._journal.recover()
        for item in (state, *(record.item for record in records)):
            if isinstance(item, DisplayState):
                self._kept = item
        for evse in self.connected("evse_manager"):
            self.subscribe(evse, EvseCondition, partial(self._condition, evse))
            self.subscribe(evse, evse_manager.SessionEvent, partial(self._session_event, evse))
        for name in self.connected("ocpp"):
            self.subscribe(name, ocpp.OcppTransactionEvent, self._transaction)
        self._show()

    # -- commands ------------------------------------------------------------------------------------------

    @handles(display_message.SetDisplayMessage)
    def handle_set_display_message(
        self, cmd: display_message.SetDisplayMessage
    ) -> display_message.SetDisplayMessageReply:
        """Keep messages, all or none (S15.3)."""
        follows = bool(self.connected("evse_manager"))
        new = board.put(self._kept, cmd.request, now=self.port.clock.now(), follows=follows)
        if isinstance(new, board.Refused):
            return _answered(new.status, new.info)
        if not self._keep(new):
            return _answered(DisplayMessageStatusEnum.REJECTED, "it cannot be kept now")
        return _answered(DisplayMessageStatusEnum.ACCEPTED)

    @handles(display_message.GetDisplayMessages)
    def handle_get_display_messages(
        self, cmd: display_message.GetDisplayMessages
    ) -> display_message.GetDisplayMessagesReply:
        """The messages that pass a filter (S15.4)."""
        found = board.found(board.aged(self._kept, self.port.clock.now()), cmd.request)
        return display_message.GetDisplayMessagesReply(response=GetDisplayMessageResponse(messages=found))

    @handles(display_message.ClearDisplayMessage)
    def handle_clear_display_message(
        self, cmd: display_message.ClearDisplayMessage
    ) -> display_message.ClearDisplayMessageReply:
        """Remove a message (S15.5); what cannot be removed durably is there still."""
        new = board.taken(self._kept, cmd.request.id)
        done = new is not None and self._keep(new)
        status = ClearMessageResponseEnum.ACCEPTED if done else ClearMessageResponseEnum.UNKNOWN
        info = None if done or new is None else "it cannot be removed now"
        return display_message.ClearDisplayMessageReply(
            response=ClearDisplayMessageResponse(status=status, status_info=info)
        )

    # -- who charges ---------------------------------------------------------------------------------------

    def _condition(self, evse: str, condition: EvseCondition) -> None:
        self._session(evse, condition.session_id, condition.token)

    def _session_event(self, evse: str, news: evse_manager.SessionEvent) -> None:
        event = news.event
        details = event.session_started or event.transaction_started
        if event.event is SessionEventEnum.SESSION_FINISHED:
            self._session(evse, "", None)
        elif details is not None:
            self._session(evse, event.uuid, details.id_tag)

    def _session(self, evse: str, session_id: str, token: ProvidedIdToken | None) -> None:
        if not session_id:
            self._keep(board.ended(self._kept, evse))
            return
        whose = None if token is None else token.id_token.value
        self._keep(board.joined(self._kept, KnownSession(evse=evse, session_id=session_id, token=whose)))

    def _transaction(self, news: ocpp.OcppTransactionEvent) -> None:
        for each in self._kept.sessions:
            if each.session_id == news.event.session_id and news.event.transaction_id is not None:
                known = replace(each, transaction_id=news.event.transaction_id)
                self._keep(board.joined(self._kept, known))

    # -- keeping and showing -------------------------------------------------------------------------------

    def _keep(self, new: DisplayState) -> bool:
        """Make a state durable, then show it; on a full disk nothing changes."""
        assert self._journal is not None
        if new == self._kept:
            return True
        try:
            due = self._journal.append(new).snapshot_due
        except JournalError as error:
            self.log.error("not_durable", problem=str(error))
            return False
        self._kept = new
        if due:
            self._fold()
        self._show()
        return True

    def _fold(self) -> None:
        assert self._journal is not None
        try:
            self._journal.snapshot(self._kept)
        except JournalError as error:
            self.log.error("snapshot_failed", problem=str(error))

    def _show(self) -> None:
        now = self.port.clock.now()
        self._kept = board.aged(self._kept, now)
        self.publish(Showing(messages=board.showing(self._kept, now)), self.grants[0].name, retain=True)
        if (moment := board.next_change(self._kept, now)) is not None:
            wait_s = min((moment - now).total_seconds(), LONGEST_WAIT_S)
            self.start_timer("show", wait_s, self._show)
        else:
            self.cancel_timer("show")


def _answered(
    status: DisplayMessageStatusEnum, info: str | None = None
) -> display_message.SetDisplayMessageReply:
    response = SetDisplayMessageResponse(status=status, status_info=info)
    return display_message.SetDisplayMessageReply(response=response)
