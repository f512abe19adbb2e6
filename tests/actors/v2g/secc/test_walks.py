"""Random walks through the tables of DIN 70121 and ISO 15118-20, with one step beside them at the end.

Those of ISO 15118-2 are in its own test_properties.
"""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc.din.phase import Phase as DinPhase
from actors.v2g.secc.din.table import DC as DIN_TABLE
from actors.v2g.secc.iso20 import tables
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import din
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing
from tests.support.examples import few
from tests.support.secc_din import PASSED, START, STOP, DinBench, one_of_each
from tests.support.secc_iso2 import GRANT
from tests.support.secc_iso20 import Car20, every_request

OPENING = (charger.AcOpenContactor, charger.DcOpenContactor, charger.CurrentDemandFinished)
"""All that may be published when a talk is cut short."""
LEFT_OUT = {din.SessionStopReq}
CHOICES = st.integers(0, 40).flatmap(lambda size: st.lists(st.integers(0, 11), min_size=size, max_size=size))


class DinWalk:
    """A car of DIN 70121 that keeps to the order."""

    def __init__(self):
        self.bench = DinBench()
        self.requests = one_of_each()
        self.helps = {din.ContractAuthenticationReq: GRANT, din.CableCheckReq: PASSED}

    def moves(self):
        """What the car may ask now; energy is asked for once, and given back once."""
        phase = DinPhase(self.bench.talk.phase)
        kinds = [kind for row, kind in DIN_TABLE if row is phase and kind not in LEFT_OUT]
        flows = phase in {DinPhase.READY, DinPhase.CHARGING}
        power = STOP if flows else START
        return [power if kind is din.PowerDeliveryReq else self.requests[kind] for kind in kinds]

    def go(self, choice):
        """One step; the codes of what comes back."""
        moves = self.moves()
        request = moves[choice % len(moves)]
        response = self.bench.ask(request)
        if (help_ := self.helps.get(type(request))) is not None:
            self.bench.tell(help_)
        return response.response_code

    def astray(self, number):
        """A request that is not in the table here; its answer."""
        phase = DinPhase(self.bench.talk.phase)
        wrong = [each for kind, each in self.requests.items() if (phase, kind) not in DIN_TABLE]
        return self.bench.ask(wrong[number % len(wrong)])


class Walk20:
    """A car of ISO 15118-20 that keeps to the order."""

    def __init__(self, service, *, scheduled):
        settings = Settings(scheduled_mode=scheduled, dynamic_mode=not scheduled)
        self.car = Car20(service=service, scheduled=scheduled, settings=settings)
        self.bench = self.car.bench
        self.car.arrive()

    def moves(self):
        """What the car may ask now, and what the EVSE does about it."""
        car = self.car
        stop, start = common.ChargeProgress.STOP, common.ChargeProgress.START
        parted = charger.AcContactorClosed(status=False) if car.ac else None
        closed = charger.AcContactorClosed(status=True) if car.ac else None
        return {
            Phase.SESSION_SETUP: [(car.setup, None)],
            Phase.AUTHORIZATION_SETUP: [(car.authorization_setup, None)],
            Phase.AUTHORIZATION: [(car.authorize, GRANT)],
            Phase.AUTHORIZING: [(car.authorize, None)],
            Phase.SERVICE_DISCOVERY: [(car.discover, None)],
            Phase.SERVICE_DETAIL: [(car.detail, None)],
            Phase.SERVICE_SELECTION: [(car.select, None), (car.detail, None)],
            Phase.PARAMETERS: [(car.parameters, None)],
            Phase.SCHEDULE: [(car.schedule, None)],
            Phase.CABLE_CHECK: [(car.cable_check, PASSED)],
            Phase.PRE_CHARGE: [
                (lambda: car.pre_charge(Processing.ONGOING), None),
                (car.pre_charge, None),
            ],
            Phase.DELIVERY: [
                (car.deliver, closed),
                (lambda: car.deliver(start, Processing.ONGOING), None),
            ],
            Phase.LOOP: [
                (car.loop, None),
                (lambda: car.loop(meter=True), None),
                (lambda: car.schedule(channel=0x8101), None),
                (lambda: car.deliver(stop), parted),
            ],
            Phase.WELDING: [(lambda: car.weld(Processing.ONGOING), None), (car.weld, None)],
            Phase.STOP: [],
        }[car.phase]

    def go(self, choice):
        """One step; what comes back, after the EVSE has done its part. Nothing is left to do in the end."""
        moves = self.moves()
        if not moves:
            return "OK"
        move, help_ = moves[choice % len(moves)]
        response = move()
        if help_ is not None:
            self.bench.tell(help_)
            response = response or self.car.heard()
        return response.response_code

    def astray(self, number):
        """A request that is not in the tables here; its answer."""
        table = tables.AC if self.car.ac else tables.DC
        wrong = [
            (request, channel)
            for request, channel in every_request(self.car).values()
            if channel in tables.MAIN and (self.car.phase, type(request)) not in table
        ]
        return self.car.send(*wrong[number % len(wrong)])


SERVICES = {"AC": 1, "DC": 2, "AC BPT": 5, "DC BPT": 6}
WALKS = {"DIN DC": DinWalk}
for name, service in SERVICES.items():
    WALKS[f"-20 {name} dynamic"] = functools.partial(Walk20, service, scheduled=False)
    WALKS[f"-20 {name} scheduled"] = functools.partial(Walk20, service, scheduled=True)


@pytest.mark.untraced
@pytest.mark.parametrize("begin", WALKS.values(), ids=WALKS)
@few(8)
@given(choices=CHOICES, wrong=st.integers(0, 99))
def test_who_keeps_to_the_order_is_served_and_who_leaves_it_is_not(begin, choices, wrong):
    walk = begin()
    for choice in choices:
        assert str(walk.go(choice)).startswith("OK")
        assert walk.bench.closed is None
    before = walk.bench.talk

    response = walk.astray(wrong)

    assert response.response_code == "FAILED_SequenceError"
    after = walk.bench.talk
    assert after.closing
    assert (after.phase, after.session_id, after.authorization, after.energy_mode) == (
        before.phase, before.session_id, before.authorization, before.energy_mode,
    )  # fmt: skip
    assert all(isinstance(each, OPENING) for each in walk.bench.published(object))
