"""The base classes of drivers: what a command becomes, what is told again, what lapses."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from actors.drivers import base
from actors.drivers.base.board import Signal
from actors.drivers.messages import BoardState, LockState
from actors.engine import messages
from actors.engine.simulation import Simulation
from actors.errors.messages import StandingErrors
from protocols.errors import ConnectorLock, EvseBoardSupport
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
from protocols.message import Reply
from protocols.types import board_support_common as common
from protocols.types import power_supply_dc as psu
from protocols.types.evse_board_support import (
    BoardConnectorType,
    HardwareCapabilities,
    PowerOnOff,
    PowerOnOffReason,
    Telemetry,
)
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest
from protocols.types.isolation_monitor import IsolationMeasurement
from protocols.types.power_supply_dc import ChargingPhase, Mode
from protocols.types.powermeter import (
    OCMFIdentificationType,
    OCMFUserIdentificationStatus,
    Powermeter,
    TransactionReq,
    TransactionRequestStatus,
)
from protocols.types.slac import State
from protocols.types.units import Energy
from tests.support import devices

INTERFACES = {
    "bsp": evse_board_support, "psu": power_supply_dc, "imd": isolation_monitor, "lock": connector_lock,
    "ovm": over_voltage_monitor, "meter": powermeter, "rcd": ac_rcd, "slac": slac,
}  # fmt: skip
NAMES = {short: f"device/{short}" for short in INTERFACES}
FULL = PowerOnOffReason.FULL_POWER_CHARGING
CAPABILITIES = HardwareCapabilities(
    max_current_a_import=32, min_current_a_import=6, max_phase_count_import=3, min_phase_count_import=1,
    max_current_a_export=0, min_current_a_export=0, max_phase_count_export=3, min_phase_count_export=1,
    supports_changing_phases_during_charging=True, supports_cp_state_e=True,
    connector_type=BoardConnectorType.IEC62196_TYPE2_SOCKET,
)  # fmt: skip
SUPPLY = psu.Capabilities(
    bidirectional=False, current_regulation_tolerance_a=1, peak_current_ripple_a=1, max_export_voltage_v=920,
    min_export_voltage_v=150, max_export_current_a=200, min_export_current_a=1, max_export_power_w=150_000,
)  # fmt: skip
TELEMETRY = Telemetry(
    evse_temperature_c=30, fan_rpm=0, supply_voltage_12v=12, supply_voltage_minus_12v=-12, relais_on=False
)
READING = Powermeter(timestamp=datetime(2026, 1, 1, tzinfo=UTC), energy_wh_import=Energy(total_wh=Decimal(7)))
STOP = StopTransactionRequest(reason=StopTransactionReason.LOCAL)


def child(child_id, actor, **more):
    return {"id": child_id, "actor": f"tests.support.devices.{actor}", **more}


@pytest.fixture
def site():
    devices.reset()
    yield started(*INTERFACES)
    devices.reset()


def started(*served, **others):
    simulation = Simulation()
    grants = {NAMES[short]: INTERFACES[short].NAME for short in served}
    grants |= {f"device/{short}": interface for short, interface in others.items()}
    children = [
        child("device", "Everything", grants=grants, config={"module": "device", "parameters": {}}, evse=1),
        child("listener", "Listener", config={"names": list(NAMES.values())}),
    ]
    start = messages.Start(path="site", lineage="site#0", config={"children": children})
    simulation.start(devices.Root, start)
    simulation.advance(0.01)
    devices.CALLS.clear()
    devices.HEARD.clear()
    return simulation


def driver(site):
    return site.actor("site/device")


def said(kind):
    return [item for _name, item in devices.HEARD if isinstance(item, kind)]


def power(allowed):
    return evse_board_support.AllowPowerOn(value=PowerOnOff(allow_power_on=allowed, reason=FULL))


bsp, supply = evse_board_support, power_supply_dc
COMMANDS = [
    ("bsp", bsp.Enable(value=True), ("enable", True)),
    ("bsp", bsp.PwmOn(duty_cycle_percent=26.7), ("set_duty_cycle", 26.7)),
    ("bsp", bsp.CpStateX1(), ("set_signal", Signal.X1)),
    ("bsp", bsp.CpStateF(), ("set_signal", Signal.F)),
    ("bsp", bsp.CpStateE(), ("set_signal", Signal.E)),
    ("bsp", power(allowed=True), ("allow_power", True, FULL)),
    ("bsp", power(allowed=False), ("allow_power", False, FULL)),
    ("bsp", bsp.AcSwitchThreePhasesWhileCharging(value=False), ("switch_phases", False)),
    ("bsp", bsp.AcSetOvercurrentLimitA(limit_a=16), ("set_overcurrent_limit", 16)),
    (
        "psu",
        supply.SetMode(mode=Mode.EXPORT, phase=ChargingPhase.CHARGING),
        ("set_mode", Mode.EXPORT, ChargingPhase.CHARGING),
    ),
    ("psu", supply.SetExportVoltageCurrent(voltage_v=400, current_a=100), ("set_export", 400, 100)),
    ("psu", supply.SetImportVoltageCurrent(voltage_v=300, current_a=50), ("set_import", 300, 50)),
    ("imd", isolation_monitor.Start(), ("start_measuring",)),
    ("imd", isolation_monitor.Stop(), ("stop_measuring",)),
    ("imd", isolation_monitor.StartSelfTest(test_voltage_v=500), ("start_self_test", 500)),
    ("lock", connector_lock.Lock(), ("lock",)),
    ("lock", connector_lock.Unlock(), ("unlock",)),
    (
        "ovm",
        over_voltage_monitor.SetLimits(emergency_over_voltage_limit_v=550, error_over_voltage_limit_v=500),
        ("set_limits", 550, 500),
    ),
    ("ovm", over_voltage_monitor.Start(), ("start_watching",)),
    ("ovm", over_voltage_monitor.Stop(), ("stop_watching",)),
    ("ovm", over_voltage_monitor.ResetOverVoltageError(), ("reset_error",)),
    ("rcd", ac_rcd.SelfTest(), ("self_test",)),
    ("slac", slac.Reset(enable=True), ("reset_modem", True)),
    ("slac", slac.EnterBcd(), ("enter_bcd",)),
    ("slac", slac.LeaveBcd(), ("leave_bcd",)),
    ("slac", slac.DlinkTerminate(), ("dlink_terminate",)),
    ("slac", slac.DlinkError(), ("dlink_error",)),
    ("slac", slac.DlinkPause(), ("dlink_pause",)),
]


@pytest.mark.parametrize(("short", "command", "call"), COMMANDS, ids=lambda each: str(each)[:40])
def test_a_command_calls_its_hook_and_is_answered(site, short, command, call):
    assert site.ask(NAMES[short], command) == Reply()
    assert call in devices.CALLS


@pytest.mark.parametrize("closed", [True, False])
def test_resetting_an_rcd_answers_whether_it_is_closed(site, closed):
    devices.RESULTS["reset"] = closed

    assert site.ask(NAMES["rcd"], ac_rcd.Reset()) == ac_rcd.ResetReply(reset=closed)


def test_a_meter_that_does_not_sign_says_so(site):
    request = TransactionReq(
        evse_id="1",
        transaction_id="t",
        identification_status=OCMFUserIdentificationStatus.NOT_ASSIGNED,
        identification_flags=(),
        identification_type=OCMFIdentificationType.NONE,
    )

    begun = site.ask(NAMES["meter"], powermeter.StartTransaction(value=request))
    ended = site.ask(NAMES["meter"], powermeter.StopTransaction(transaction_id="t"))

    assert begun.response.status is TransactionRequestStatus.NOT_SUPPORTED
    assert ended.response.status is TransactionRequestStatus.NOT_SUPPORTED


TOLD = [
    (lambda each: each.tell_cable(common.Ampacity.A_32), bsp.AcPpAmpacity),
    (lambda each: each.tell_phases(1), bsp.AcNrOfPhasesAvailable),
    (lambda each: each.tell_telemetry(TELEMETRY), bsp.Telemetry),
    (lambda each: base.Board.tell_capabilities(each, CAPABILITIES), bsp.Capabilities),
    (lambda each: base.DcSupply.tell_capabilities(each, SUPPLY), supply.Capabilities),
    (lambda each: each.tell_mode(Mode.EXPORT), supply.Mode),
    (lambda each: each.tell_measurement(voltage_v=400, current_a=10), supply.VoltageCurrent),
    (
        lambda each: each.tell_isolation(IsolationMeasurement(resistance_f_ohm=1e6)),
        isolation_monitor.IsolationMeasurement,
    ),
    (lambda each: each.tell_locked(locked=True), LockState),
    (lambda each: each.tell_voltage(400.0), over_voltage_monitor.VoltageMeasurementV),
    (lambda each: each.tell_reading(READING), powermeter.Powermeter),
    (lambda each: each.tell_public_key("key"), powermeter.PublicKeyOcmf),
    (lambda each: each.tell_residual_current(3.0), ac_rcd.RcdCurrentMA),
    (lambda each: each.tell_state(State.MATCHED), slac.State),
    (lambda each: each.tell_link(ready=True), slac.DlinkReady),
]


@pytest.mark.parametrize(("tell", "kind"), TOLD, ids=lambda each: getattr(each, "__name__", None))
def test_a_state_that_was_told_reaches_late_subscribers_too(site, tell, kind):
    # given
    tell(driver(site))
    site.run()
    assert len(said(kind)) == 1

    # when
    site.kill("site/listener")
    site.advance(0.2)

    # then
    assert len(said(kind)) == 2


@pytest.mark.parametrize(
    ("tell", "kind"),
    [
        (lambda each: each.tell_stop_wanted(STOP), bsp.RequestStopTransaction),
        (lambda each: each.tell_self_test(passed=True), isolation_monitor.SelfTestResult),
        (lambda each: each.tell_mac_address("00:11:22:33:44:55"), slac.EvMacAddress),
        (lambda each: each.ask_for_error_routine(), slac.RequestErrorRoutine),
    ],
)
def test_an_event_is_not_told_again_to_late_subscribers(site, tell, kind):
    # given
    tell(driver(site))
    site.run()

    # when
    site.kill("site/listener")
    site.advance(0.2)

    # then
    assert len(said(kind)) == 1


def test_pilot_and_contactor_are_told_together_as_a_state(site):
    for kind in (common.BspEventKind.C, common.BspEventKind.POWER_ON, common.BspEventKind.B):
        driver(site).tell_event(kind)
    site.run()

    assert said(BoardState)[-1] == BoardState(pin=common.BspEventKind.B, power_on=True)
    assert [each.event.event for each in said(bsp.Event)] == ["C", "PowerOn", "B"]


def test_what_the_site_file_does_not_use_is_not_said():
    # given
    devices.reset()
    site = started("bsp")

    # when
    driver(site).tell_locked(locked=True)
    site.run()

    # then
    assert not devices.HEARD


def test_an_error_of_one_interface_stands_under_its_name(site):
    driver(site).errors_of(connector_lock).raise_error(ConnectorLock.CONNECTOR_LOCK_FAILED_LOCK, "jammed")
    site.run()

    ((name, news),) = devices.HEARD
    assert name == "device/lock"
    assert [each.error.message for each in news.errors] == ["jammed"]
    assert news.errors[0].evse == 1


def test_a_successor_clears_what_its_predecessor_had_raised(site):
    # given
    driver(site).errors_of(evse_board_support).raise_error(EvseBoardSupport.BROWN_OUT)

    # when
    site.kill("site/device")
    site.advance(0.2)

    # then
    last = {name: item for name, item in devices.HEARD if isinstance(item, StandingErrors)}
    assert last["device/bsp"] == StandingErrors(errors=())


def test_what_a_successor_finds_at_once_stands_in_its_first_word(site):
    # given
    devices.OPENED["Everything"] = lambda each: each.errors_of(evse_board_support).raise_error(
        EvseBoardSupport.BROWN_OUT
    )

    # when
    site.kill("site/device")
    site.advance(0.2)

    # then
    words = [item for name, item in devices.HEARD if name == "device/bsp" and item.errors]
    assert words
    assert [each.errors for each in said(StandingErrors)].count(()) == len(INTERFACES) - 1


def opened():
    return [each for each in devices.CALLS if each[:2] == ("allow_power", False)]


def test_power_that_nobody_renews_is_taken_away(site):
    # given
    driver(site).tell_event(common.BspEventKind.POWER_ON)
    site.ask(NAMES["bsp"], power(allowed=True))

    # when / then
    site.advance(0.49)
    assert not opened()
    site.advance(0.02)
    assert len(opened()) == 1


def test_power_that_is_renewed_in_time_stays(site):
    for _ in range(10):
        site.ask(NAMES["bsp"], power(allowed=True))
        site.advance(0.4)

    assert not opened()


def test_a_successor_takes_power_away_that_nobody_renews(site):
    site.kill("site/device")
    site.advance(0.4)
    assert not opened()

    site.advance(0.6)
    assert len(opened()) == 1


def test_no_watchdog_runs_while_power_is_not_allowed(site):
    site.ask(NAMES["bsp"], power(allowed=False))
    devices.CALLS.clear()

    site.advance(5)

    assert not opened()


def off():
    return [each for each in devices.CALLS if each[:2] == ("set_mode", Mode.OFF)]


def set_mode(site, mode):
    return site.ask(NAMES["psu"], supply.SetMode(mode=mode, phase=ChargingPhase.OTHER))


@pytest.mark.parametrize("telling", [Mode.EXPORT, Mode.OFF])
def test_a_supply_that_nobody_renews_is_switched_off(site, telling):
    driver(site).tell_mode(telling)
    set_mode(site, Mode.EXPORT)

    site.advance(0.51)

    assert len(off()) == 1


@pytest.mark.parametrize(
    "command",
    [
        supply.SetExportVoltageCurrent(voltage_v=400, current_a=100),
        supply.SetImportVoltageCurrent(voltage_v=300, current_a=50),
    ],
)
def test_set_points_renew_the_mode_of_a_supply(site, command):
    set_mode(site, Mode.EXPORT)

    for _ in range(10):
        site.ask(NAMES["psu"], command)
        site.advance(0.4)

    assert not off()


def test_set_points_do_not_wake_the_watchdog_of_a_supply_that_is_off(site):
    site.advance(1)
    devices.CALLS.clear()

    site.ask(NAMES["psu"], supply.SetExportVoltageCurrent(voltage_v=400, current_a=100))
    site.advance(1)

    assert not off()


def answered(site):
    """Whether `SetMode` to off is answered at once."""
    try:
        return set_mode(site, Mode.OFF) == Reply()
    except LookupError:
        return False


def test_off_is_answered_when_the_current_is_low(site):
    # given
    assert not answered(site)

    # when / then
    driver(site).tell_measurement(voltage_v=400, current_a=100)
    assert len(driver(site)._off) == 1
    driver(site).tell_measurement(voltage_v=400, current_a=-4.9)
    assert not driver(site)._off


def test_off_is_answered_in_time_though_the_current_stays(site):
    assert not answered(site)

    site.advance(1.9)
    assert driver(site)._off
    site.advance(0.2)
    assert not driver(site)._off


def test_off_is_answered_when_the_supply_is_wanted_again(site):
    assert not answered(site)
    assert not answered(site)

    set_mode(site, Mode.EXPORT)

    assert not driver(site)._off


@pytest.mark.parametrize(
    "command", [bsp.AcSwitchThreePhasesWhileCharging(value=True), bsp.AcSetOvercurrentLimitA(limit_a=16)]
)
def test_a_board_need_not_have_what_not_every_hardware_can(site, command, monkeypatch):
    for name in ("switch_phases", "set_overcurrent_limit"):
        monkeypatch.setattr(devices.Everything, name, getattr(base.Board, name))

    assert site.ask(NAMES["bsp"], command) == Reply()


def test_a_name_of_another_interface_is_none_of_the_bases_business():
    devices.reset()
    site = started("bsp", ev="ev_board_support")

    driver(site).tell_event(common.BspEventKind.B)
    site.run()

    assert {name for name, _item in devices.HEARD} == {"device/bsp"}
