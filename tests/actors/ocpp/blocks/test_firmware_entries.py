"""What the statuses and answers of firmware updates mean: every one of them."""

import pytest
from ocpp.v21.enums import FirmwareStatusEnumType, UpdateFirmwareStatusEnumType

from actors.ocpp.blocks import security
from actors.ocpp.blocks.firmware_entries import ANSWERS, BEGUN, ENDS, EVENTS, INSTALLS, UNTRUSTED, Update
from protocols.types.system import FirmwareUpdateStatusEnum as Progress
from protocols.types.system import UpdateFirmwareResponse


def test_both_sides_have_the_same_statuses_and_answers() -> None:
    assert {each.value for each in Progress} == {each.value for each in FirmwareStatusEnumType}
    assert {each.value for each in UpdateFirmwareResponse} == {
        each.value for each in UpdateFirmwareStatusEnumType
    }
    assert {each.value: answer.value for each, answer in ANSWERS.items()} == {
        each.value: each.value for each in UpdateFirmwareResponse
    }


def test_no_answer_begins_an_update_that_nobody_trusts() -> None:
    assert not BEGUN & UNTRUSTED
    assert not ENDS & INSTALLS


@pytest.mark.parametrize("event", EVENTS.values())
def test_the_csms_is_told_of_its_security_events(event: str) -> None:
    assert security.CRITICAL[event]


@pytest.mark.parametrize(
    ("signed", "ready_with"),
    [(True, Progress.SIGNATURE_VERIFIED), (False, Progress.DOWNLOADED)],
)
def test_a_signed_image_is_ready_when_its_signature_is_verified(
    ready_with: Progress, *, signed: bool
) -> None:
    update = Update(request_id=1, signed=signed, site_life="")

    assert update.ready_with == {ready_with, Progress.INSTALL_SCHEDULED}
