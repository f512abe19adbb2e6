"""Tests for actors/v2g/progress.py."""

from __future__ import annotations

import pytest

from actors.v2g.progress import FOLD, DataLink, Direct, Progress, Waits, folded
from protocols import codec
from protocols.interfaces import iso15118_charger as charger
from protocols.types import authorization
from protocols.types.evse_manager import HlcSessionFailedReasonEnum
from protocols.types.iso15118 import EnergyTransferMode as Mode
from protocols.types.iso15118 import PaymentOption
from tests.support.evse import CONTRACT

SETUP = charger.SessionSetup(
    payment_options=(PaymentOption.CONTRACT,),
    supported_certificate_service=True,
    central_contract_validation_allowed=False,
)
VERDICT = charger.AuthorizationResponse(
    authorization_status=authorization.AuthorizationStatus.ACCEPTED,
    certificate_status=authorization.CertificateStatus.ACCEPTED,
)
FAILED = charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.CHARGING_INTERRUPTED)

BY_CONTRACT = charger.SelectedPaymentOption(payment_option=PaymentOption.CONTRACT)

TALK = (
    (charger.EvccId(evcc_id="00:11:22:33:44:55"), {"evcc_id": "00:11:22:33:44:55"}),
    (charger.SelectedProtocol(protocol="ISO15118-2"), {"protocol": "ISO15118-2"}),
    (charger.RequestedEnergyTransferMode(energy_transfer_mode=Mode.DC_BPT), {"gives_back": True}),
    (charger.RequestedEnergyTransferMode(energy_transfer_mode=Mode.DC), {"gives_back": False}),
    (charger.SaeBidiModeActive(), {"gives_back": True}),
    (BY_CONTRACT, {"payment": PaymentOption.CONTRACT}),
    (charger.RequireAuthPnc(token=CONTRACT), {"waits": Waits.PNC, "token": CONTRACT}),
    (VERDICT, {"waits": Waits.NOTHING}),
    (charger.StartCableCheck(), {"direct": Direct.CABLE_CHECK}),
    (charger.CableCheckFinished(status=True), {"checked": True}),
    (charger.StartPreCharge(), {"direct": Direct.PRE_CHARGE}),
    (charger.CurrentDemandStarted(), {"direct": Direct.LOOP, "loop": True}),
    (charger.CurrentDemandFinished(), {"direct": Direct.ENDING, "loop": False}),
    (charger.DcOpenContactor(), {"direct": Direct.OFF}),
    (charger.DlinkPause(), {"data_link": DataLink.PAUSE}),
    (charger.SelectedProtocol(protocol="ISO15118-2"), {"data_link": DataLink.UP}),
)  # fmt: skip


def test_a_talk_is_folded_step_by_step() -> None:
    progress, expected = Progress(), Progress()
    for news, change in TALK:
        expected = type(expected)(
            **{name: getattr(expected, name) for name in Progress.__dataclass_fields__} | change
        )
        progress = folded(progress, news)
        assert progress == expected, news
        assert codec.decode(codec.encode(progress)) == progress


def test_an_ac_car_is_connected_and_parted() -> None:
    wanted = folded(Progress(), charger.AcCloseContactor())
    closed = folded(wanted, charger.AcContactorClosed(status=True))

    assert (wanted.contactor, wanted.confirmed) == (True, False)
    assert (closed.contactor, closed.confirmed) == (True, True)
    assert not folded(closed, charger.AcOpenContactor()).contactor


@pytest.mark.parametrize("news", [charger.RequireAuthEim(), charger.DlinkTerminate(), charger.DlinkError()])
def test_a_new_introduction_forgets_the_last_car(news: object) -> None:
    assert folded(folded(Progress(), news), SETUP) == Progress()  # type: ignore[arg-type]  # news of either kind


def test_a_failed_talk_leaves_nothing_switched_on() -> None:
    progress = Progress(waits=Waits.PNC, token=CONTRACT, contactor=True, direct=Direct.LOOP, loop=True)

    assert folded(progress, FAILED) == Progress()


def test_what_concerns_others_changes_nothing() -> None:
    progress = Progress(protocol="DIN70121")

    assert charger.MeterInfoRequested not in FOLD
    assert folded(progress, charger.MeterInfoRequested()) is progress
