"""Tests for actors/simulation/drivers/: every simulated device at one plant, in one thread."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from actors.catalog import CATALOG
from actors.drivers import ocmf
from actors.drivers.messages import BoardState, LockState
from actors.engine import messages as engine
from actors.engine.simulation import Simulation
from actors.errors.messages import StandingErrors
from actors.simulation.plant import messages
from actors.simulation.plant.messages import DeviceError, Fault, Plant, Reading, SetError, SetReading
from protocols.interfaces import (
    ac_rcd,
    connector_lock,
    evse_board_support,
    isolation_monitor,
    over_voltage_monitor,
    power_supply_dc,
    powermeter,
    slac,
)
from protocols.types.evse_board_support import PowerOnOff, PowerOnOffReason
from protocols.types.power_supply_dc import ChargingPhase, Mode
from tests.actors.drivers.test_ocmf import REQUEST
from tests.support import actors
from tests.support.actors import Puppet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULES = {
    "board": "SimulatedBoard",
    "supply": "SimulatedDcSupply",
    "imd": "SimulatedImd",
    "ovm": "SimulatedOvm",
    "slac": "SimulatedSlac",
}
HEARD: list[tuple[str, Any]] = []
WATCHED = {
    "board/board_support": (BoardState, evse_board_support.Capabilities, StandingErrors),
    "board/connector_lock": (LockState, StandingErrors),
    "board/rcd": (StandingErrors,),
    "board/powermeter": (powermeter.Powermeter, powermeter.PublicKeyOcmf, StandingErrors),
    "supply/main": (
        power_supply_dc.Mode, power_supply_dc.VoltageCurrent, power_supply_dc.Capabilities, StandingErrors,
    ),
    "supply/powermeter": (powermeter.Powermeter,),
    "imd/main": (isolation_monitor.IsolationMeasurement, isolation_monitor.SelfTestResult),
    "ovm/main": (StandingErrors, over_voltage_monitor.VoltageMeasurementV),
    "slac/evse": (slac.DlinkReady, slac.EvMacAddress, slac.State),
    "plant:1": (Plant,),
}  # fmt: skip


class Listener(Puppet):
    """Hears everything. Its successor goes on listening."""

    def on_start(self) -> None:
        for name, kinds in WATCHED.items():
            for kind in kinds:
                self.subscribe(name, kind, lambda news, name=name: HEARD.append((name, news)))  # type: ignore[misc]  # a default binds it


class Rig:
    """The devices of one EVSE."""

    def __init__(self, directory: Path, *, dc: bool = False, **board: Any) -> None:
        HEARD.clear()
        actors.reset()
        self.simulation = Simulation()
        plant = {
            "id": "plant",
            "actor": "actors.simulation.plant.plant_actor.PlantActor",
            "grants": {"plant:1": ""},
            "config": {"dc": dc},
        }
        children = [plant, *(self._child(name, directory, board, dc=dc) for name in MODULES)]
        children.append({"id": "listener", "actor": f"{__name__}.Listener"})
        self.simulation.start(
            actors.Site, engine.Start(path="site", lineage="site#0", config={"children": children})
        )
        self.simulation.run()

    @staticmethod
    def _child(name: str, directory: Path, board: dict[str, Any], *, dc: bool) -> dict[str, Any]:
        manifest = CATALOG[MODULES[name]]
        parameters = {each.name: each.default for each in manifest.parameters.values()}
        assert manifest.actor is not None
        return {
            "id": name,
            "actor": manifest.actor.replace(":", "."),
            "grants": {f"{name}/{each.name}": each.interface for each in manifest.provides.values()},
            "config": {
                "module": name,
                "parameters": parameters | (board if name == "board" else {}),
                "implementations": {
                    each.name: {one.name: one.default for one in each.parameters.values()}
                    for each in manifest.provides.values()
                },
                "state": str(directory),
                "plant": "plant:1",
                "dc": dc,
            },
        }

    def ask(self, name: str, command: Any, *, wait_s: float = 0.0) -> Any:
        reply = self.simulation.ask(name, command)
        self.wait(wait_s)
        return reply

    def wait(self, seconds: float) -> None:
        self.simulation.advance(seconds)

    def car(self, **what: Any) -> None:
        self.ask("plant:1", messages.Car(plugged=True, pin="C", **what), wait_s=0.1)

    def fault(self, fault: Fault, *, active: bool = True) -> None:
        self.ask("plant:1", messages.SetFault(fault=fault, active=active), wait_s=0.1)

    def power(self, seconds: float) -> None:
        """Keep the contactor closed."""
        leave = PowerOnOff(allow_power_on=True, reason=PowerOnOffReason.FULL_POWER_CHARGING)
        for _ in range(round(seconds / 0.15)):
            self.ask("board/board_support", evse_board_support.AllowPowerOn(value=leave), wait_s=0.15)

    def last(self, name: str, kind: type) -> Any:
        return next(news for told, news in reversed(HEARD) if told == name and isinstance(news, kind))

    def errors(self, name: str) -> list[str]:
        return [each.error.type for each in self.last(name, StandingErrors).errors]

    @property
    def plant(self) -> Plant:
        found = self.last("plant:1", Plant)
        assert isinstance(found, Plant)
        return found


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    yield Rig(tmp_path)
    actors.reset()


@pytest.fixture
def dc_rig(tmp_path: Path) -> Iterator[Rig]:
    yield Rig(tmp_path, dc=True)
    actors.reset()


BOARD = "board/board_support"


def test_a_board_tells_its_state_and_its_limits_at_once(rig: Rig) -> None:
    assert rig.last(BOARD, BoardState) == BoardState(pin="A", power_on=False)  # type: ignore[arg-type]  # an enum of strings
    assert rig.last(BOARD, evse_board_support.Capabilities).capabilities.max_current_a_import == 32.0


def test_a_board_drives_pilot_and_contactor_and_tells_their_feedback(rig: Rig) -> None:
    rig.ask(BOARD, evse_board_support.PwmOn(duty_cycle_percent=26.67))
    rig.car(draws_a=32.0)

    rig.power(1.0)

    assert rig.last(BOARD, BoardState) == BoardState(pin="C", power_on=True)  # type: ignore[arg-type]  # an enum of strings
    assert rig.plant.current_a == pytest.approx(16.0, abs=0.01)
    assert rig.last("board/powermeter", powermeter.Powermeter).powermeter.current_a.l1_a > 15


@pytest.mark.parametrize(
    ("command", "signal"),
    [
        (evse_board_support.CpStateX1(), "X1"),
        (evse_board_support.CpStateE(), "E"),
        (evse_board_support.CpStateF(), "F"),
    ],
)
def test_a_board_gives_steady_signals(rig: Rig, command: Any, signal: str) -> None:
    rig.ask(BOARD, command, wait_s=0.1)

    assert rig.plant.signal == signal


def test_a_board_switches_phases_and_tells(rig: Rig) -> None:
    rig.ask(BOARD, evse_board_support.AcSwitchThreePhasesWhileCharging(value=False), wait_s=0.1)

    assert rig.plant.phases == 1


@pytest.mark.parametrize("victim", ["board"])
def test_a_board_driver_that_is_back_in_time_leaves_power_on(rig: Rig, victim: str) -> None:
    rig.ask(BOARD, evse_board_support.PwmOn(duty_cycle_percent=26.67))
    rig.car(draws_a=32.0)
    rig.power(1.0)

    rig.simulation.kill(f"site/{victim}")
    rig.simulation.run()
    rig.power(1.0)

    closings = [news.power_on for name, news in HEARD if name == BOARD and isinstance(news, BoardState)]
    assert closings[-1] is True
    assert rig.plant.closed
    assert False not in closings[closings.index(True) :]


def test_nobody_speaks_and_the_contactor_opens(rig: Rig) -> None:
    rig.car()
    rig.power(1.0)

    rig.wait(0.7)

    assert rig.last(BOARD, BoardState).power_on is False


def test_a_lock_tells_where_it_is_and_when_it_is_stuck(rig: Rig) -> None:
    rig.ask("board/connector_lock", connector_lock.Lock(), wait_s=0.1)
    assert rig.last("board/connector_lock", LockState).locked

    rig.fault(Fault.LOCK_STUCK)
    rig.ask("board/connector_lock", connector_lock.Unlock(), wait_s=0.1)

    assert "connector_lock/ConnectorLockFailedUnlock" in rig.errors("board/connector_lock")
    rig.fault(Fault.LOCK_STUCK, active=False)
    rig.ask("board/connector_lock", connector_lock.Unlock(), wait_s=0.1)
    assert rig.errors("board/connector_lock") == []
    assert not rig.last("board/connector_lock", LockState).locked


@pytest.mark.parametrize("stuck", [True, False])
def test_a_lock_that_is_stuck_is_so_for_the_next_driver(rig: Rig, *, stuck: bool) -> None:
    """The device remembers what it was told and has not done."""
    if stuck:
        rig.fault(Fault.LOCK_STUCK)
    rig.ask("board/connector_lock", connector_lock.Lock(), wait_s=0.1)
    standing = rig.errors("board/connector_lock")
    assert bool(standing) == stuck
    HEARD.clear()

    rig.simulation.kill("site/board")
    rig.wait(1.0)

    said = [news for name, news in HEARD if name == "board/connector_lock"]
    errors = [news.errors for news in said if isinstance(news, StandingErrors)]
    assert errors
    assert all([each.error.type for each in found] == standing for found in errors)


def test_a_tripped_device_is_told_and_reset_once_the_fault_is_gone(rig: Rig) -> None:
    rig.fault(Fault.GROUND_FAULT)
    assert rig.errors("board/rcd") == ["ac_rcd/AC", "ac_rcd/MREC2GroundFailure"]
    assert not rig.ask("board/rcd", ac_rcd.Reset()).reset

    rig.fault(Fault.GROUND_FAULT, active=False)
    assert rig.ask("board/rcd", ac_rcd.Reset(), wait_s=0.1).reset

    assert rig.errors("board/rcd") == []
    rig.ask("board/rcd", ac_rcd.SelfTest())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.EMERGENCY_STOP, "evse_board_support/MREC8EmergencyStop"),
        (Fault.DIODE, "evse_board_support/DiodeFault"),
    ],
)
def test_a_board_notices_and_forgets_faults(rig: Rig, fault: Fault, kind: str) -> None:
    rig.fault(fault)
    assert rig.errors(BOARD) == [kind]

    rig.fault(fault, active=False)
    assert rig.errors(BOARD) == []


STAND = [
    ("board", BOARD, (Fault.EMERGENCY_STOP, Fault.DIODE)),
    ("board", "board/rcd", (Fault.GROUND_FAULT,)),
    ("board", "board/powermeter", (Fault.METER_SILENT,)),
    ("supply", "supply/main", (Fault.SUPPLY_BROKEN,)),
]


@pytest.mark.parametrize(("victim", "name", "faults"), STAND)
def test_a_driver_that_dies_does_not_lift_what_stands(
    dc_rig: Rig, victim: str, name: str, faults: tuple[Fault, ...]
) -> None:
    """Its successor says nothing of errors before it has seen the device, and then all of them at once."""
    for each in faults:
        dc_rig.fault(each)
    standing = dc_rig.errors(name)
    assert standing
    HEARD.clear()

    dc_rig.simulation.kill(f"site/{victim}")
    dc_rig.wait(1.0)

    said = [news.errors for told, news in HEARD if told == name and isinstance(news, StandingErrors)]
    assert said
    assert all([each.error.type for each in errors] == standing for errors in said)


def test_a_driver_that_dies_clears_what_is_over_meanwhile(rig: Rig) -> None:
    rig.fault(Fault.EMERGENCY_STOP)
    rig.simulation.hang("site/board")
    rig.fault(Fault.EMERGENCY_STOP, active=False)

    rig.wait(2.0)

    assert rig.errors(BOARD) == []


def test_a_silent_meter_is_an_error_and_reads_nothing(rig: Rig) -> None:
    rig.fault(Fault.METER_SILENT)
    before = sum(isinstance(news, powermeter.Powermeter) for _name, news in HEARD)

    rig.wait(5.0)

    assert rig.errors("board/powermeter") == ["generic/CommunicationFault"]
    assert sum(isinstance(news, powermeter.Powermeter) for _name, news in HEARD) == before


def test_a_meter_is_read_once_a_second(rig: Rig) -> None:
    before = sum(isinstance(news, powermeter.Powermeter) for _name, news in HEARD)

    rig.wait(5.05)

    assert sum(isinstance(news, powermeter.Powermeter) for _name, news in HEARD) - before >= 5


def test_a_register_that_begins_anew_is_told_before_the_car_is(rig: Rig) -> None:
    rig.ask(BOARD, evse_board_support.PwmOn(duty_cycle_percent=26.67))
    rig.car(draws_a=32.0)
    rig.power(3.0)
    assert rig.last("board/powermeter", powermeter.Powermeter).powermeter.energy_wh_import.total_wh > 0
    rig.ask("plant:1", messages.Car(plugged=False), wait_s=0.1)
    HEARD.clear()

    rig.ask("plant:1", messages.Car(plugged=True, pin="B"), wait_s=0.1)

    told = [news for name, news in HEARD if name in {BOARD, "board/powermeter"}]
    kinds = [type(news) for news in told]
    assert kinds.index(powermeter.Powermeter) < kinds.index(BoardState)
    assert told[kinds.index(powermeter.Powermeter)].powermeter.energy_wh_import.total_wh == 0


def test_a_meter_signs_a_transaction_where_that_is_configured(tmp_path: Path) -> None:
    rig = Rig(tmp_path, ocmf_signed=True)
    meter = "board/powermeter"
    key = rig.last(meter, powermeter.PublicKeyOcmf).public_key
    assert rig.ask(meter, powermeter.StartTransaction(value=REQUEST)).response.status == "OK"
    rig.ask(BOARD, evse_board_support.PwmOn(duty_cycle_percent=26.67))
    rig.car(draws_a=16.0)
    rig.power(10.0)

    stopped = rig.ask(meter, powermeter.StopTransaction(transaction_id="1")).response

    assert stopped.status == "OK"
    payload = ocmf.verify(stopped.signed_meter_value.signed_meter_data, key)
    assert payload["RD"][1]["RV"] > payload["RD"][0]["RV"]
    assert (tmp_path / "board.meter.key").stat().st_mode & 0o777 == 0o600
    again = rig.ask(meter, powermeter.StopTransaction(transaction_id="1")).response
    assert again.status == "UNEXPECTED_ERROR"
    assert rig.last(meter, powermeter.PublicKeyOcmf).public_key == key
    actors.reset()


def test_a_meter_that_does_not_sign_says_so(rig: Rig) -> None:
    started = rig.ask("board/powermeter", powermeter.StartTransaction(value=REQUEST)).response

    assert started.status == "NOT_SUPPORTED"


SUPPLY = "supply/main"


def feed(rig: Rig, seconds: float, voltage_v: float = 400.0, current_a: float = 50.0) -> None:
    """Keep the output alive."""
    leave = PowerOnOff(allow_power_on=True, reason=PowerOnOffReason.FULL_POWER_CHARGING)
    for _ in range(round(seconds / 0.15)):
        rig.ask(BOARD, evse_board_support.AllowPowerOn(value=leave))
        rig.ask(SUPPLY, power_supply_dc.SetMode(mode=Mode.EXPORT, phase=ChargingPhase.CHARGING))
        rig.ask(
            SUPPLY,
            power_supply_dc.SetExportVoltageCurrent(voltage_v=voltage_v, current_a=current_a),
            wait_s=0.15,
        )


def test_a_supply_tells_its_limits_and_carries_what_it_is_told(dc_rig: Rig) -> None:
    assert dc_rig.last(SUPPLY, power_supply_dc.Capabilities).capabilities.max_export_voltage_v == 900.0
    dc_rig.car(battery_v=380.0, connected=True)

    feed(dc_rig, 2.0)

    measured = dc_rig.last(SUPPLY, power_supply_dc.VoltageCurrent).measurement
    assert (measured.voltage_v, measured.current_a) == (pytest.approx(382.5), 50.0)
    assert dc_rig.last(SUPPLY, power_supply_dc.Mode).mode is Mode.EXPORT


def test_a_supply_driver_that_is_back_in_time_leaves_the_output_as_it_was(dc_rig: Rig) -> None:
    dc_rig.car(battery_v=380.0, connected=True)
    feed(dc_rig, 2.0)
    HEARD.clear()

    dc_rig.simulation.kill("site/supply")
    dc_rig.simulation.run()
    feed(dc_rig, 1.0)

    amperes = [
        news.measurement.current_a
        for name, news in HEARD
        if name == SUPPLY and isinstance(news, power_supply_dc.VoltageCurrent)
    ]
    assert set(amperes) == {50.0}


def test_off_is_answered_as_soon_as_no_current_flows(dc_rig: Rig) -> None:
    off = power_supply_dc.SetMode(mode=Mode.OFF, phase=ChargingPhase.OTHER)
    dc_rig.ask(SUPPLY, off)
    dc_rig.car(battery_v=380.0, connected=True)
    feed(dc_rig, 1.0)

    dc_rig.ask(SUPPLY, off)

    assert dc_rig.last(SUPPLY, power_supply_dc.VoltageCurrent).measurement.current_a == 0.0


def test_a_broken_supply_is_told(dc_rig: Rig) -> None:
    dc_rig.fault(Fault.SUPPLY_BROKEN)

    assert dc_rig.errors(SUPPLY) == ["power_supply_DC/HardwareFault"]
    assert dc_rig.last(SUPPLY, power_supply_dc.Mode).mode is Mode.FAULT


def test_a_supply_takes_power_back(dc_rig: Rig) -> None:
    dc_rig.car(battery_v=380.0, connected=True)
    leave = PowerOnOff(allow_power_on=True, reason=PowerOnOffReason.FULL_POWER_CHARGING)

    for _ in range(5):
        dc_rig.ask(BOARD, evse_board_support.AllowPowerOn(value=leave))
        dc_rig.ask(SUPPLY, power_supply_dc.SetMode(mode=Mode.IMPORT, phase=ChargingPhase.CHARGING))
        command = power_supply_dc.SetImportVoltageCurrent(voltage_v=300.0, current_a=20.0)
        dc_rig.ask(SUPPLY, command, wait_s=0.15)

    assert dc_rig.plant.current_a == -20.0


def test_an_isolation_monitor_measures_while_it_is_told_to(dc_rig: Rig) -> None:
    dc_rig.ask("imd/main", isolation_monitor.Start(), wait_s=2.5)
    values = [n for name, n in HEARD if isinstance(n, isolation_monitor.IsolationMeasurement)]
    assert [each.measurement.resistance_f_ohm for each in values] == [900_000.0] * len(values)
    assert len(values) >= 3

    dc_rig.fault(Fault.LOW_ISOLATION)
    dc_rig.wait(1.0)
    assert dc_rig.last("imd/main", isolation_monitor.IsolationMeasurement).measurement.resistance_f_ohm < 1e5
    dc_rig.ask("imd/main", isolation_monitor.Stop())
    count = len(HEARD)
    dc_rig.wait(3.0)
    later = [n for _name, n in HEARD[count:] if isinstance(n, isolation_monitor.IsolationMeasurement)]
    assert later == []


def test_an_isolation_monitor_tests_itself(dc_rig: Rig) -> None:
    dc_rig.ask("imd/main", isolation_monitor.StartSelfTest(test_voltage_v=48.0), wait_s=1.0)

    assert dc_rig.last("imd/main", isolation_monitor.SelfTestResult).passed


def test_a_self_test_is_ended_by_the_next_driver(dc_rig: Rig) -> None:
    dc_rig.car(battery_v=380.0, connected=True)
    feed(dc_rig, 1.0)
    dc_rig.ask("imd/main", isolation_monitor.StartSelfTest(test_voltage_v=400.0))
    HEARD.clear()

    dc_rig.simulation.kill("site/imd")
    dc_rig.simulation.run()
    feed(dc_rig, 1.0)

    told = [news for name, news in HEARD if isinstance(news, isolation_monitor.SelfTestResult)]
    assert [each.passed for each in told] == [True]


def test_an_over_voltage_is_noticed_and_in_an_emergency_acted_on(dc_rig: Rig) -> None:
    ovm = over_voltage_monitor
    limits = ovm.SetLimits(emergency_over_voltage_limit_v=480.0, error_over_voltage_limit_v=440.0)
    dc_rig.ask("ovm/main", limits)
    dc_rig.ask("ovm/main", ovm.Start())
    dc_rig.car(battery_v=380.0)
    feed(dc_rig, 1.0)
    dc_rig.fault(Fault.OVER_VOLTAGE)

    dc_rig.wait(0.3)

    standing = dc_rig.last("ovm/main", StandingErrors).errors
    assert [(each.error.type, each.error.severity.value) for each in standing] == [
        ("over_voltage_monitor/MREC5OverVoltage", "High")
    ]
    assert not dc_rig.plant.closed
    dc_rig.ask("ovm/main", ovm.ResetOverVoltageError(), wait_s=0.1)
    assert dc_rig.errors("ovm/main") == []


def test_an_over_voltage_stands_on_when_its_driver_dies(dc_rig: Rig) -> None:
    """The device has shut the output down and remembers it until it is reset."""
    ovm = over_voltage_monitor
    limits = ovm.SetLimits(emergency_over_voltage_limit_v=480.0, error_over_voltage_limit_v=440.0)
    dc_rig.ask("ovm/main", limits)
    dc_rig.ask("ovm/main", ovm.Start())
    feed(dc_rig, 1.0)
    dc_rig.fault(Fault.OVER_VOLTAGE)
    dc_rig.wait(0.3)
    dc_rig.fault(Fault.OVER_VOLTAGE, active=False)
    HEARD.clear()

    dc_rig.simulation.kill("site/ovm")
    dc_rig.wait(1.0)

    said = [news.errors for _name, news in HEARD if isinstance(news, StandingErrors)]
    assert [[each.error.severity.value for each in errors] for errors in said] == [["High"]]
    dc_rig.ask("ovm/main", ovm.ResetOverVoltageError(), wait_s=0.1)
    dc_rig.simulation.kill("site/ovm")
    dc_rig.wait(1.0)
    assert dc_rig.errors("ovm/main") == []


def test_a_new_driver_goes_on_watching_within_the_limits(dc_rig: Rig) -> None:
    ovm = over_voltage_monitor
    limits = ovm.SetLimits(emergency_over_voltage_limit_v=600.0, error_over_voltage_limit_v=440.0)
    dc_rig.ask("ovm/main", limits)
    dc_rig.ask("ovm/main", ovm.Start())
    feed(dc_rig, 1.0)

    dc_rig.simulation.kill("site/ovm")
    dc_rig.simulation.run()
    dc_rig.fault(Fault.OVER_VOLTAGE)
    dc_rig.wait(0.3)

    standing = dc_rig.last("ovm/main", StandingErrors).errors
    assert [each.error.severity.value for each in standing] == ["Medium"]


def test_the_modem_tells_of_the_car_and_its_going(rig: Rig) -> None:
    rig.ask("slac/evse", slac.EnterBcd())
    rig.car(mac_address="00:7D:FA:01:02:03")
    rig.wait(0.5)
    assert rig.last("slac/evse", slac.DlinkReady).ready
    assert rig.last("slac/evse", slac.EvMacAddress).mac_address == "00:7D:FA:01:02:03"

    rig.ask("slac/evse", slac.DlinkTerminate(), wait_s=0.5)
    assert not rig.last("slac/evse", slac.DlinkReady).ready
    rig.ask("slac/evse", slac.DlinkError(), wait_s=0.5)
    assert rig.last("slac/evse", slac.DlinkReady).ready
    rig.ask("slac/evse", slac.DlinkPause(), wait_s=0.5)
    assert rig.last("slac/evse", slac.DlinkReady).ready
    rig.ask("slac/evse", slac.LeaveBcd(), wait_s=0.5)
    assert not rig.last("slac/evse", slac.DlinkReady).ready
    rig.ask("slac/evse", slac.Reset(enable=True), wait_s=0.5)
    assert rig.last("slac/evse", slac.State).state == "MATCHED"


def test_a_foreign_command_is_not_done_by_the_plant(rig: Rig) -> None:
    reply = rig.ask("plant:1", slac.EnterBcd())

    assert reply.reason.value == "Unsupported"


def test_a_device_says_the_error_that_it_is_given(rig: Rig) -> None:
    given = DeviceError(origin="board/rcd", type="ac_rcd/DC", sub_type="6mA", message="a test")
    rig.ask("plant:1", SetError(error=given, active=True), wait_s=0.1)
    standing = rig.last("board/rcd", StandingErrors).errors
    assert [(each.error.type, each.error.sub_type, each.error.message) for each in standing] == [
        ("ac_rcd/DC", "6mA", "a test")
    ]

    rig.simulation.kill("site/board")
    rig.wait(1.0)
    assert rig.errors("board/rcd") == ["ac_rcd/DC"]  # a successor reads it back
    rig.ask("plant:1", SetError(error=given, active=False), wait_s=0.1)

    assert rig.errors("board/rcd") == []


def test_an_error_given_to_a_device_outlives_its_own(rig: Rig) -> None:
    given = DeviceError(origin="board/powermeter", type="generic/VendorError")
    rig.ask("plant:1", SetError(error=given, active=True))
    rig.fault(Fault.METER_SILENT)
    assert rig.errors("board/powermeter") == ["generic/VendorError", "generic/CommunicationFault"]

    rig.fault(Fault.METER_SILENT, active=False)

    assert rig.errors("board/powermeter") == ["generic/VendorError"]


@pytest.mark.parametrize("name", ["board/powermeter", "supply/powermeter"])
def test_a_meter_shows_what_it_is_told_to(dc_rig: Rig, name: str) -> None:
    shown = Reading(
        energy_wh=Decimal(1500), energy_back_wh=Decimal(3), power_w=11000.0, voltage_v=400.0, current_a=27.5
    )
    dc_rig.ask("plant:1", SetReading(reading=shown), wait_s=0.1)

    found = dc_rig.last(name, powermeter.Powermeter).powermeter

    assert (found.energy_wh_import.total_wh, found.energy_wh_export.total_wh) == (1500, 3)
    assert (found.power_w.total_w, found.voltage_v.dc_v, found.current_a.dc_a) == (11000.0, 400.0, 27.5)
    dc_rig.ask("plant:1", SetReading(reading=Reading()), wait_s=0.1)
    assert dc_rig.last(name, powermeter.Powermeter).powermeter.energy_wh_import.total_wh == 0


def test_a_lock_that_is_mended_has_no_error_any_more(rig: Rig) -> None:
    rig.fault(Fault.LOCK_STUCK)
    rig.ask("board/connector_lock", connector_lock.Lock(), wait_s=0.1)
    assert len(rig.errors("board/connector_lock")) == 2

    rig.fault(Fault.LOCK_STUCK, active=False)

    assert rig.errors("board/connector_lock") == []
    assert rig.last("board/connector_lock", LockState).locked
