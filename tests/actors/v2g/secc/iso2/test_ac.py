import dataclasses

import pytest

from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso2 import ResponseCode
from tests.support.secc_iso2 import CONTRACT, METER, STATUS_REQ, STOP, Iso2Bench, iso2


def charging(*, required=True):
    bench = Iso2Bench(dc=False, tls=True)
    bench.tell(charger.ReceiptIsRequired(receipt_required=required))
    return bench, bench.to_loop(CONTRACT)


def receipt(bench, response, **changes):
    request = iso2.MeteringReceiptReq(session_id=bench.session, meter_info=response.meter_info, id="ID1")
    return dataclasses.replace(request, **changes)


def test_the_loop_says_limit_and_meter():
    bench, response = charging(required=False)

    assert bench.published(charger.CurrentDemandStarted)
    assert float(response.evse_max_current) == 16
    assert response.meter_info.meter_id == "M1"
    assert response.receipt_required is False
    bench.tell(charger.UpdateAcMaxCurrent(max_current_a=8.0))
    assert float(bench.ask(STATUS_REQ).evse_max_current) == 8


def test_a_loop_without_limit_and_meter_says_neither():
    bench, _ = charging()
    station = dataclasses.replace(bench.state.station, ac_max_current_a=None, meter=None)
    bench.state = dataclasses.replace(bench.state, station=station)
    bench.ask(STOP)
    bench, _ = charging(required=False)
    station = dataclasses.replace(bench.state.station, ac_max_current_a=None, meter=None)
    bench.state = dataclasses.replace(bench.state, station=station)

    response = bench.ask(STATUS_REQ)

    assert response.evse_max_current is None
    assert response.meter_info is None


def test_a_receipt_is_asked_for_and_signed_with_the_contract():
    bench, response = charging()
    assert response.receipt_required is True

    signed = bench.sign(receipt(bench, response))

    assert signed.response_code is ResponseCode.OK
    assert bench.ask(STATUS_REQ).receipt_required is False
    bench.pass_time(50)
    bench.ask(STATUS_REQ)
    bench.pass_time(11)
    assert bench.ask(STATUS_REQ).receipt_required is True


@pytest.mark.parametrize(
    "changes",
    [
        {"meter_info": iso2.MeterInfo(meter_id="M1", meter_reading_wh=1)},
        {"session_id": bytes(8)},
        {"meter_info": iso2.MeterInfo(meter_id="M1")},
    ],
)
def test_a_receipt_for_something_else_is_refused(changes):
    bench, response = charging()

    signed = bench.sign(receipt(bench, response, **changes))

    assert signed.response_code is ResponseCode.FAILED_METERING_SIGNATURE_NOT_VALID
    assert bench.closed.failed == "ChargingInterrupted"
    assert bench.published(charger.AcOpenContactor)


def test_a_receipt_without_signature_is_refused():
    bench, response = charging()

    code = bench.ask(receipt(bench, response)).response_code

    assert code is ResponseCode.FAILED_METERING_SIGNATURE_NOT_VALID


def test_a_car_that_owes_a_receipt_may_stop_instead():
    bench, _ = charging()

    assert bench.ask(STOP).response_code is ResponseCode.OK


def test_a_car_that_charges_without_contract_signs_nothing():
    bench = Iso2Bench(dc=False)
    bench.tell(charger.ReceiptIsRequired(receipt_required=True))

    assert bench.to_loop().receipt_required is False


def test_a_meter_without_a_name_is_called_zero():
    bench, _ = charging(required=False)
    bench.tell(charger.UpdateMeterInfo(powermeter=dataclasses.replace(METER, meter_id=None)))

    assert bench.ask(STATUS_REQ).meter_info.meter_id == "0"
