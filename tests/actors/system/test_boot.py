"""Tests for actors/system/boot.py: why the station has started (S12.10)."""

import pytest

from actors.system.boot import begun
from actors.system.entries import SystemState
from protocols.types.system import BootReason


@pytest.mark.parametrize(
    ("before", "run", "machine", "reason"),
    [
        (SystemState(), "r1", "m1", "PowerUp"),
        (SystemState(run="r1", machine="m1", boot_reason="PowerUp"), "r1", "m1", "PowerUp"),
        (SystemState(run="r1", machine="m1"), "r2", "m1", "ApplicationReset"),
        (SystemState(run="r1", machine="m1"), "r2", "m2", "PowerUp"),
        (SystemState(run="r1", machine="m1", next_boot="RemoteReset"), "r2", "m1", "RemoteReset"),
        (SystemState(run="r1", machine="m1", next_boot="FirmwareUpdate"), "r2", "m2", "FirmwareUpdate"),
    ],
)
def test_the_reason_is_what_a_reset_has_said_or_what_is_seen(before, run, machine, reason):
    assert begun(before, run=run, machine=machine).boot_reason == reason


def test_a_word_left_by_a_reset_is_used_once():
    first = begun(
        SystemState(run="r1", machine="m", next_boot=BootReason.REMOTE_RESET), run="r2", machine="m"
    )

    assert first.next_boot is None
    assert begun(first, run="r3", machine="m").boot_reason is BootReason.APPLICATION_RESET


def test_a_reset_that_is_promised_survives_a_new_actor():
    state = SystemState(run="r1", machine="m", next_boot=BootReason.REMOTE_RESET)

    assert begun(state, run="r1", machine="m") == state
