import pytest

from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import EnergyTransferMode, EvseError, NoEnergyPauseMode
from tests.support.secc_iso20 import car_in

STOP = charger.StopCharging(stop=True)
WITHDRAWN = charger.AuthorizationResponse(
    authorization_status=AuthorizationStatus.INVALID, certificate_status=CertificateStatus.ACCEPTED
)
PAUSE = charger.PauseCharging(pause=True)
GONE = charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=(EnergyTransferMode.DC_BPT,))


@pytest.mark.parametrize(
    ("commands", "notice", "delay_s"),
    [
        ([STOP], "Terminate", 0),
        ([charger.SendError(error=EvseError.ERROR_RCD)], "Terminate", 0),
        ([WITHDRAWN], "Terminate", 0),
        ([PAUSE], "Pause", 60),
        ([GONE], "ServiceRenegotiation", 60),
        ([GONE, PAUSE], "Pause", 60),
        ([PAUSE, STOP], "Terminate", 0),
    ],
)
def test_the_weightiest_wish_of_the_station_is_said(commands, notice, delay_s):
    car = car_in(Phase.LOOP)
    car.bench.tell(*commands)

    status = car.loop().evse_status

    assert (status.evse_notification, status.notification_max_delay_s) == (notice, delay_s)


def test_a_stop_that_was_lifted_is_not_said():
    car = car_in(Phase.LOOP)
    car.bench.tell(STOP, charger.StopCharging(stop=False))

    assert car.loop().evse_status is None


def test_services_are_renegotiated_from_the_loop_only():
    car = car_in(Phase.LOOP)
    car.bench.tell(GONE)

    from protocols.iso15118.iso20 import common

    response = car.deliver(common.ChargeProgress.STANDBY)

    assert response.evse_status is None


def test_a_pause_before_the_first_energy_ends_with_the_first_loop():
    car = car_in(Phase.DELIVERY)
    car.bench.tell(charger.NoEnergyPauseCharging(mode=NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE))

    assert car.deliver().evse_status.evse_notification == "Pause"
    assert car.loop().evse_status.evse_notification == "Pause"
    assert car.loop().evse_status is None
