"""The promises of a connector over random lives of its car, its manager and its devices."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.connector import machine
from actors.connector.exchange import Answered, Device, Passed, Told
from actors.connector.machine import decide
from actors.connector.messages import LEASE_S, CableCheck, Pilot, Sequence, Supply, Urgency
from actors.connector.state import LEAVE, Phase
from protocols.interfaces.evse_board_support import AllowPowerOn, Telemetry
from protocols.message import Reply
from protocols.types.board_support_common import Ampacity
from protocols.types.evse_board_support import Telemetry as Readings
from protocols.types.power_supply_dc import Mode
from tests.support.outlet import AC, CABLE, DC, SOCKET, Outlet, charging

PROFILE = settings(
    derandomize=True, max_examples=30, stateful_step_count=20, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


class Life(RuleBasedStateMachine):
    """One outlet, AC or DC, with everything that may happen to it."""

    @initialize(
        dc=st.booleans(),
        socket=st.booleans(),
        ventilation=st.booleans(),
        silent_board=st.sampled_from([False, False, False, True]),
    )
    def begin(self, dc, socket, ventilation, silent_board):
        more = {"has_lock": True, "has_ventilation": ventilation}
        self.outlet = Outlet(replace(DC if dc else AC, **more), capabilities=SOCKET if socket else CABLE)
        self.outlet.devices.silent = silent_board
        self.outlet.renewing = False
        self.outlet.devices.slew_v = 50.0

    @rule(pin=st.sampled_from("ABCDEF"))
    def the_car_moves(self, pin):
        self.outlet.car(pin)

    @rule(ampacity=st.sampled_from(list(Ampacity)))
    def a_cable_is_plugged_in(self, ampacity):
        self.outlet.cable(ampacity)

    @rule(
        supply=st.sampled_from(list(Supply)),
        urgency=st.sampled_from(list(Urgency)),
        pilot=st.sampled_from(list(Pilot)),
        offer_a=st.sampled_from([0.0, 6.0, 16.0, 60.0]),
        locked=st.booleans(),
        in_service=st.sampled_from([True, True, True, False]),
        session=st.sampled_from(["s", "t"]),
        three_phases=st.booleans(),
        sequence=st.sampled_from([None, None, Sequence.STEP_EF]),
        volts=st.sampled_from([0.0, 300.0, 400.0, 1000.0]),
    )
    def the_manager_orders(self, volts, **order):
        number = self.outlet.ordered.number if self.outlet.ordered else 0
        self.outlet.order(
            **order, sequence_number=number, target_voltage_v=volts, target_current_a=50.0,
            maximum_voltage_v=450.0,
        )  # fmt: skip

    @rule(steps=st.sampled_from([1, 2, 3, 3]))
    def a_charge_gets_going(self, steps):
        """AC at once; DC by cable check and pre-charge."""
        outlet = self.outlet
        outlet.renewing, outlet.devices.stuck, outlet.devices.motor = True, None, True
        outlet.stands(Device.LOCK)
        outlet.cable(Ampacity.A_32)
        outlet.car("B")
        outlet.car("C")
        for supply in (Supply.CABLE_CHECK, Supply.PRE_CHARGE, Supply.CHARGE)[:steps]:
            outlet.order(
                in_service=True, supply=supply if outlet.settings.dc else Supply.AC, pilot=Pilot.NOMINAL,
                offer_a=16, locked=True, sequence=None, target_voltage_v=400.0, target_current_a=50.0,
                maximum_voltage_v=450.0,
            )  # fmt: skip
            outlet.advance(2.0)

    @rule(renewing=st.booleans())
    def the_manager_lives_or_not(self, renewing):
        self.outlet.renewing = renewing

    @rule(seconds=st.sampled_from([0.05, 0.3, 1.0, 4.0]))
    def time_passes(self, seconds):
        self.outlet.advance(seconds)

    @rule(seconds=st.sampled_from([0.0, 0.2, 1.0]))
    def the_connector_is_replaced(self, seconds):
        self.outlet.restart()
        self.outlet.advance(seconds)

    @rule(stuck=st.sampled_from([None, None, True, False]), motor=st.booleans())
    def the_hardware_breaks_or_heals(self, stuck, motor):
        self.outlet.devices.stuck, self.outlet.devices.motor = stuck, motor

    @rule(stands=st.booleans())
    def the_lock_raises_and_clears(self, stands):
        self.outlet.stands(Device.LOCK, *(["connector_lock/VendorError"] if stands else []))

    @precondition(lambda self: self.outlet.settings.dc)
    @rule(ohm=st.sampled_from([1e6, 10.0]))
    def isolation_changes(self, ohm):
        self.outlet.devices.ohm = ohm

    @invariant()
    def leave_is_held_only_while_everything_holds(self):
        if not hasattr(self, "outlet") or self.outlet.state.switch.phase not in LEAVE:
            return
        state, now_s = self.outlet.state, self.outlet.now_s
        assert state.order is not None
        assert state.order.supply is Supply.OFF or now_s - state.renewed_s < LEASE_S + 0.06
        assert state.facts.plugged_in
        if state.switch.phase is not Phase.RELEASING:
            assert state.order.in_service
            assert state.order.supply is not Supply.OFF
            assert (state.order.supply is Supply.AC) is not self.outlet.settings.dc
            assert not state.faults
            assert state.facts.wants_power

    @invariant()
    def the_board_is_told_what_the_phase_says(self):
        if hasattr(self, "outlet") and (told := self.outlet.commands(AllowPowerOn)):
            phase = self.outlet.state.switch.phase
            if phase not in (Phase.UNKNOWN, Phase.CLOSED, Phase.RELEASING):
                assert told[-1].value.allow_power_on is (phase is Phase.CLOSING)

    @invariant()
    def the_plug_is_never_released_under_power(self):
        if hasattr(self, "outlet") and not self.outlet.devices.silent:
            assert not self.outlet.dangers

    @invariant()
    def energy_comes_only_with_leave(self):
        if hasattr(self, "outlet") and self.outlet.settings.dc and self.outlet.state.output.known:
            state = self.outlet.state
            testing = state.check.verdict is CableCheck.RUNNING
            assert (
                state.output.mode is Mode.OFF
                or testing
                or state.switch.phase in (Phase.CLOSED, Phase.RELEASING)
            )

    @invariant()
    def deciding_again_decides_nothing_new(self):
        if hasattr(self, "outlet"):
            outlet = self.outlet
            again, effects = decide(outlet.state, Passed(), outlet.settings, outlet.now_s)
            assert decide(again, Passed(), outlet.settings, outlet.now_s) == (again, ())
            del effects

    def teardown(self):
        """Whatever has happened: a manager that falls silent leaves nothing switched on."""
        if hasattr(self, "outlet"):
            self.outlet.renewing = False
            self.outlet.devices.stuck = None
            self.outlet.advance(1.2 if self.outlet.ordered_power else 12)
            assert not self.outlet.closed
            assert self.outlet.devices.mode is Mode.OFF or not self.outlet.state.output.known


TestLife = pytest.mark.untraced(Life.TestCase)
TestLife.settings = PROFILE


def test_devices_whose_answers_do_not_matter_are_not_waited_for():
    outlet = charging()
    before = outlet.state

    outlet.feed(Answered(Device.BOARD, AllowPowerOn(value=None), Reply()))

    assert outlet.state == before


@pytest.mark.parametrize("device", list(Device))
def test_what_says_nothing_about_the_outlet_changes_nothing(device):
    outlet = charging()
    before = outlet.state
    readings = Readings(
        evse_temperature_c=30, fan_rpm=0, supply_voltage_12v=12, supply_voltage_minus_12v=-12, relais_on=True
    )

    outlet.feed(Told(device, Telemetry(telemetry=readings)))

    assert outlet.state == before


def test_machines_that_never_agree_are_left_after_a_while(monkeypatch):
    outlet = charging()
    passes = []

    def undecided(turn):
        passes.append(turn)
        turn.set(reason=f"{len(passes)}")

    monkeypatch.setattr(machine, "MACHINES", (undecided,))
    state, effects = decide(outlet.state, Passed(), AC, outlet.now_s)

    assert len(passes) == machine.MAX_PASSES
    assert state.reason == str(machine.MAX_PASSES)
    assert effects == ()
