import pytest

from actors.v2g.secc.abandoned import abandoned
from actors.v2g.secc.state import Talk
from protocols.interfaces import iso15118_charger as charger
from protocols.types.evse_manager import HlcSessionFailedReasonEnum
from protocols.types.iso15118 import EnergyTransferMode

FAILED = charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.UNEXPECTED_SESSION_END)


@pytest.mark.parametrize(
    ("mode", "opens"),
    [
        (EnergyTransferMode.AC_BPT, charger.AcOpenContactor()),
        (EnergyTransferMode.DC_EXTENDED, charger.DcOpenContactor()),
    ],
)
def test_a_car_that_charges_is_parted_when_its_talk_is_abandoned(mode, opens):
    talk = Talk(energy_mode=mode, loop_started=True)

    assert abandoned(talk) == (FAILED, charger.CurrentDemandFinished(), opens, charger.DlinkError())


def test_a_talk_without_energy_has_nothing_to_open():
    assert abandoned(Talk()) == (FAILED, charger.DlinkError())


def test_a_talk_that_has_failed_already_does_not_fail_twice():
    assert abandoned(Talk(closing=True)) == (charger.DlinkError(),)
