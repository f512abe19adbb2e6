"""Whatever happens in whatever order: no token gets two EVSEs, nobody charges without a grant, every stream
ends once. The core with played EVSEs; the actors themselves are killed in test_auth_killed.py.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.auth import inputs
from protocols.interfaces import auth, reservation
from protocols.message import Failure, FailureReason
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    TokenValidationStatus,
    WithdrawAuthorizationRequest,
)
from protocols.types.reservation import Reservation
from tests.support.auth_desk import FINAL, Desk, identity, token, verdict
from tests.support.examples import few

CARDS = ("A", "b", "C", "D")
KINDS = (AuthorizationType.RFID, AuthorizationType.OCPP, AuthorizationType.RFID, AuthorizationType.RFID)
VERDICTS = {"C": verdict(parent="FAMILY"), "D": verdict(AuthorizationStatus.BLOCKED)}
S = TokenValidationStatus


class Walk:
    """Takes one step for each number; every presentation has a request id of its own."""

    def __init__(self, algorithm):
        self.desk = Desk(2, timeout_s=30, selection_algorithm=algorithm, plug_in_timeout_enabled=True)
        self.desk.verdicts = dict(VERDICTS)
        self.presented = self.reservations = self.killed = 0

    def swipe(self, which):
        self.presented += 1
        value, kind = CARDS[which % 4], KINDS[which % 4]
        value = value.swapcase() if which & 4 else value
        self.desk.present(token(value, kind=kind, request_id=self.presented), run=False)

    def plug(self, which):
        self.desk.evses[which % 2 + 1].plug()

    def unplug(self, which):
        self.desk.evses[which % 2 + 1].unplug()

    def deliver(self, which):
        number = which % 2 + 1
        self.desk.take_out(number)
        if which & 2 and self.desk.to_evse[number]:
            self.desk.deliver_to_evse(number)
        elif self.desk.from_evse[number]:
            self.desk.deliver_from_evse(number)
        elif self.desk.to_evse[number]:
            self.desk.deliver_to_evse(number)

    def validate(self, which):
        if self.desk.validations:
            self.desk.answer_validation(sorted(self.desk.validations)[which % len(self.desk.validations)])

    def fire(self, _which):
        self.desk.fire_next()

    def kill(self, _which):
        self.killed += 1
        self.desk.kill()

    def kill_evse(self, which):
        self.desk.kill_evse(which % 2 + 1, handled=which // 2 % 2)

    def absent(self, which):
        """A manager is not there for what it is asked next."""
        number = which % 2 + 1
        if self.desk.to_evse[number]:
            _command, then = self.desk.to_evse[number].popleft()
            if then is not None:
                self.desk.from_evse[number].append(
                    (then, Failure(reason=FailureReason.UNAVAILABLE, detail="away"))
                )

    def lose_request(self, _which):
        if self.desk.validations:
            number = min(self.desk.validations)
            del self.desk.validations[number]
            self.desk.feed(inputs.RequestLost(number))

    def withdraw(self, which):
        wish = WithdrawAuthorizationRequest(
            evse_id=which % 2 + 1 if which & 2 else None, id_token=identity("a") if which & 4 else None
        )
        self.desk.ask(auth.WithdrawAuthorization(request=wish), run=False)

    def fault(self, which):
        self.desk.evses[which % 2 + 1].fault(faulted=bool(which & 2))

    def car(self, which):
        """A car shows its contract; whoever was away finds the token in the condition."""
        evse = self.desk.evses[which % 2 + 1]
        if evse.plugged_at is not None and evse.token is None:
            self.presented += 1
            evse.presented = token(
                f"DE8AA{evse.evse_id}",
                kind=AuthorizationType.PLUG_AND_CHARGE,
                connectors=(evse.evse_id,),
                request_id=self.presented,
            )
            evse.tell()
            self.desk.feed(inputs.Presented(evse.presented))

    def reserve(self, which):
        wish = Reservation(
            evse_id=(None, 1, 2, None)[which % 4],
            reservation_id=which // 4,
            id_token=CARDS[which % 3],
            expiry_time=self.desk.now + timedelta(seconds=20 * (which % 5)),
        )
        self.reservations += 1
        self.desk.ask(reservation.ReserveNow(request=wish), run=False)

    def cancel(self, which):
        self.reservations += 1
        self.desk.ask(reservation.CancelReservation(reservation_id=which // 4), run=False)

    def deliver_more(self, which):
        for step in range(4):
            self.deliver(which + step)

    STEPS = (
        swipe, swipe, plug, plug, unplug, deliver, deliver, deliver_more, deliver_more, validate, validate,
        fire, kill, kill_evse, absent, lose_request, withdraw, fault, car, reserve, cancel,
    )  # fmt: skip

    def step(self, number):
        self.STEPS[number % len(self.STEPS)](self, number // len(self.STEPS))

    def come_to_rest(self):
        """Nobody does anything more, and everything that can still happen happens."""
        for evse in self.desk.evses.values():
            evse.fault(faulted=False)
        for _ in range(100):
            self.desk.run()
            if not self.desk.fire_next():
                break

    # -- what must hold ------------------------------------------------------------------------------------

    def streams(self):
        found = defaultdict(list)
        seen = set()
        for presented, status, said in self.desk.statuses:
            if said.number not in seen:  # published again by a successor
                seen.add(said.number)
                found[presented.request_id].append(status)
        return found

    def check(self):
        granted = [
            (one.request_id, number) for number, evse in self.desk.evses.items() for one, _ in evse.granted
        ]
        assert len({request for request, _ in granted}) == len(granted), "one presentation, one grant"
        streams = self.streams()
        accepted = {request for request, stream in streams.items() if S.ACCEPTED in stream}
        assert {request for request, _ in granted} <= accepted, "no grant without a verdict"
        for stream in streams.values():
            assert stream[0] is S.PROCESSING
            assert not FINAL.intersection(stream[:-1]), "nothing follows the end"
        return streams

    def check_at_rest(self):
        streams = self.check()
        started = {one.request_id for evse in self.desk.evses.values() for one, _ in evse.started}
        for request, stream in streams.items():
            assert stream[-1] in FINAL, f"{request} has no end: {stream}"
            assert (stream[-1] is S.USED_TO_START) == (request in started), f"{request} {stream}"
        for evse in self.desk.evses.values():
            sessions = [session for _one, session in evse.started]
            assert len(set(sessions)) == len(sessions), "a session has one transaction"
            assert evse.reservation == self.desk.state.evses[evse.evse_id].held
        assert not any(each.errands for each in self.desk.state.evses.values())
        assert not self.desk.state.replies
        assert not self.desk.state.bookings, "every reservation has expired"


@pytest.mark.untraced
@pytest.mark.parametrize("algorithm", ["FindFirst", "PlugEvents", "UserInput"])
def test_no_order_of_events_grants_twice_or_forgets_a_token(algorithm):
    @few(50)
    @given(st.lists(st.integers(0, 8 * len(Walk.STEPS) - 1), max_size=70))
    def walks(numbers):
        walk = Walk(algorithm)
        for number in numbers:
            walk.step(number)
            walk.check()
        walk.come_to_rest()
        walk.check_at_rest()

    walks()
