from decimal import Decimal

import pytest

from actors.simulation.ev import direct_current as dc
from actors.simulation.ev.din import responses as din_responses
from actors.simulation.ev.drive import Drive
from actors.simulation.ev.iso2 import responses as iso2_responses
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import din, iso2
from tests.support.ev_cars import script
from tests.support.ev_stations import NOON, ac_status, dc_status

both = pytest.mark.parametrize("protocol", [din, iso2], ids=["DIN", "-2"])


def drive():
    made = Drive(script("car: {mode: dc, battery: {soc_percent: 80}}"), None, bytes)
    made.at(NOON)
    return made


def test_both_protocols_call_the_phases_of_dc_alike():
    for phases in (din_responses.Phase, iso2_responses.Phase):
        assert [phases(each.value).name for each in dc.DcPhase] == [each.name for each in dc.DcPhase]


@both
def test_a_value_has_steps_of_a_tenth(protocol):
    assert dc.DcRequests(protocol).physical(Decimal("3.14159"), "A").to_decimal() == Decimal("3.1")


@both
def test_every_request_is_the_protocols_own(protocol):
    one, requests = drive(), dc.DcRequests(protocol)

    assert type(requests.cable_check(one)) is protocol.CableCheckReq
    assert type(requests.pre_charge(one)) is protocol.PreChargeReq
    assert type(requests.current_demand(one)) is protocol.CurrentDemandReq
    assert type(requests.welding_detection(one)) is protocol.WeldingDetectionReq
    assert type(requests.charge_parameter(one)) is protocol.DcEvChargeParameter
    assert requests.delivery(one, complete=False).bulk_charging_complete is True


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (ac_status(rcd=True), Reason.STATION_STATUS),
        (dc_status(evse_status_code=iso2.DcEvseStatusCode.EVSE_MALFUNCTION), Reason.STATION_STATUS),
        (dc_status(evse_status_code=iso2.DcEvseStatusCode.EVSE_EMERGENCY_SHUTDOWN), Reason.STATION_STATUS),
        (dc_status(evse_isolation_status=iso2.IsolationLevel.FAULT), Reason.ISOLATION),
    ],
)
def test_an_outlet_that_cannot_go_on_is_left(status, reason):
    with pytest.raises(TalkError) as caught:
        dc.ends(drive(), status)
    assert caught.value.reason is reason


STOP = iso2.EvseNotification.STOP_CHARGING


@pytest.mark.parametrize(
    ("status", "stops"),
    [
        (ac_status(), False),
        (dc_status(), False),
        (ac_status(evse_notification=STOP), True),
        (dc_status(evse_notification=STOP), True),
        (dc_status(evse_status_code=iso2.DcEvseStatusCode.EVSE_SHUTDOWN), True),
        (iso2.EvseStatus(notification_max_delay_s=0, evse_notification=STOP), True),
    ],
)
def test_a_stop_of_the_station_is_heard_and_holds(status, stops):
    one = drive()

    assert dc.ends(one, status) is one.stopping is stops


def test_a_parameter_of_another_current_will_not_do():
    with pytest.raises(TalkError, match="NoneType for DC"):
        dc.see_parameter(drive(), None, iso2.DcEvseChargeParameter)
