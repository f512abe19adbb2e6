import dataclasses
import functools
from decimal import Decimal

import pytest

from actors.v2g.secc import contract
from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_vas
from protocols.iso15118 import signature
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.types import MeterInfo
from protocols.types.iso15118_vas import (
    OfferedService,
    OfferedServices,
    Parameter,
    ParameterSet,
    ParameterValue,
)
from protocols.types.powermeter import Powermeter
from protocols.types.units import Energy
from tests.support import certificates
from tests.support.secc import NOW
from tests.support.secc_iso20 import STATION, Car20, car_in
from tests.support.secc_iso20_pnc import ACCEPTED, NO_DATA, contract_request, pnc_car

METER = Powermeter(timestamp=NOW, meter_id="M1", energy_wh_import=Energy(total_wh=Decimal(1234)))


@functools.cache
def _charging():
    car = pnc_car()
    request = contract_request(car)
    car.send(request)
    car.bench.answer(contract.OCSP, NO_DATA)
    car.bench.tell(
        ACCEPTED,
        charger.ReceiptIsRequired(receipt_required=True),
        charger.UpdateMeterInfo(powermeter=METER),
    )
    car.send(request)
    return car.go_to(Phase.LOOP)


def charging():
    """A car that charges by contract where receipts are required."""
    return _charging().fork()


def confirmation(car, *, reading=1234, session=None, leaf="MO_LEAF_20"):
    data = common.SignedMeteringData(
        id="ID1",
        session_id=session or car.session_id,
        meter_info=MeterInfo(meter_id="M1", charged_energy_reading_wh=reading),
        dynamic_smdt_control_mode=common.DynamicSmdtControlMode(),
    )
    request = car.message(common.MeteringConfirmationReq, signed_metering_data=data)
    return signature.sign(request, certificates.world()[leaf].key, signature.ISO20_SECP521)


def test_a_receipt_is_asked_for_after_the_first_loop():
    car = charging()

    assert car.loop().evse_status is None
    response = car.loop()

    assert response.evse_status.evse_notification == "MeteringConfirmation"
    assert response.meter_info.charged_energy_reading_wh == 1234


def test_a_signed_reading_is_accepted_and_asked_for_later_again():
    car = charging()
    car.loop()
    car.loop()

    response = car.send(confirmation(car), 0x8102)

    assert response.response_code == "OK"
    assert car.loop().evse_status is None
    for _ in range(4):
        car.bench.pass_time(4)
        car.loop()
    car.bench.now = car.bench.now.replace(hour=13)
    assert car.loop().evse_status.evse_notification == "MeteringConfirmation"


WRONG = {
    "a reading never shown": {"reading": 1235},
    "another session": {"session": b"\1" * 8},
    "another key": {"leaf": "CPS_LEAF_20"},
}


@pytest.mark.parametrize("how", WRONG.values(), ids=WRONG)
def test_a_wrong_receipt_ends_the_talk(how):
    car = charging()
    car.loop()
    car.loop()

    response = car.send(confirmation(car, **how), 0x8102)

    assert response.response_code == "FAILED_MeteringSignatureNotValid"
    assert car.bench.published(charger.DcOpenContactor)


def test_a_receipt_before_any_reading_is_a_sequence_error():
    car = charging()

    assert car.send(confirmation(car), 0x8102).response_code == "FAILED_SequenceError"


def test_a_car_without_contract_is_not_asked_for_receipts():
    car = car_in(Phase.LOOP)
    car.bench.tell(
        charger.ReceiptIsRequired(receipt_required=True), charger.UpdateMeterInfo(powermeter=METER)
    )

    assert car.loop().evse_status is None
    assert car.loop().evse_status is None


def parked():
    services = OfferedServices(services=(OfferedService(service_id=66),))
    car = Car20(station=dataclasses.replace(STATION, value_added=(services,))).go_to(Phase.SERVICE_DISCOVERY)
    car.discover()
    variant = ParameterSet(
        set_id=1, parameters=(Parameter(name="Status", value=ParameterValue(bool_value=True)),)
    )
    car.bench.answer(
        "service parameters 66", iso15118_vas.GetServiceParametersReply(parameter_sets=(variant,))
    )
    car.detail()
    chosen = common.SelectedService(service_id=66, parameter_set_id=1)
    car.select(selected_vas_list=common.SelectedServiceList(selected_service=(chosen,)))
    return car


def test_a_parked_car_may_check_in_and_out():
    car = parked()

    arrived = car.say(
        common.VehicleCheckInReq,
        channel=0x8104,
        ev_check_in_status=common.EvCheckInStatus.CHECK_IN,
        parking_method=common.ParkingMethod.MANUAL,
    )
    leaving = car.say(
        common.VehicleCheckOutReq,
        channel=0x8104,
        ev_check_out_status=common.EvCheckOutStatus.CHECK_OUT,
        check_out_time=UnixTime(1),
    )

    assert arrived.response_code == leaving.response_code == "OK"
    assert leaving.evse_check_out_status == "Completed"
    assert car.phase is Phase.PARAMETERS


def test_over_a_wire_nobody_checks_in_on_the_main_channel():
    car = parked()

    response = car.say(
        common.VehicleCheckInReq,
        ev_check_in_status=common.EvCheckInStatus.CHECK_IN,
        parking_method=common.ParkingMethod.MANUAL,
    )

    assert response.response_code == "FAILED_SequenceError"
