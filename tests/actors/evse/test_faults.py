"""Tests for actors/evse/faults.py: what each of the 79 errors does (rows M6.18, M6.19)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.evse.faults import Shutdown, blocks, shutdown
from protocols.errors import ERROR_TYPES
from tests.support.evse import standing

EXEMPT = {
    "evse_board_support/MREC3HighTemperature",
    "evse_board_support/MREC18CableOverTempDerate",
    "evse_manager/Inoperative",  # it is what the others lead to
    *(kind for kind in ERROR_TYPES if kind.endswith("/VendorWarning")),
}


def test_there_are_79_errors_and_nine_of_them_let_a_charge_go_on() -> None:
    assert len(ERROR_TYPES) == 79
    assert len(EXEMPT) == 10


@pytest.mark.parametrize("kind", ERROR_TYPES)
def test_every_error_but_the_exempt_ones_makes_an_evse_inoperative(kind: str) -> None:
    error = standing(kind)

    assert blocks(error, of_meter=False, fail_on_powermeter_errors=True) is (kind not in EXEMPT)


@pytest.mark.parametrize("kind", ["generic/CommunicationFault", "generic/VendorError"])
@pytest.mark.parametrize("fail", [True, False])
def test_an_error_of_the_meter_counts_only_where_it_is_so_configured(kind: str, fail: Any) -> None:
    assert blocks(standing(kind), of_meter=True, fail_on_powermeter_errors=fail) is fail
    assert blocks(standing(kind), of_meter=False, fail_on_powermeter_errors=fail)


@pytest.mark.parametrize(
    ("severities", "worst"),
    [
        ((), Shutdown.NONE),
        (("Low",), Shutdown.ERROR),
        (("Medium",), Shutdown.ERROR),
        (("High",), Shutdown.EMERGENCY),
        (("Low", "High", "Medium"), Shutdown.EMERGENCY),
    ],
)
def test_the_worst_severity_decides_how_an_evse_is_brought_down(
    severities: tuple[str, ...], worst: Shutdown
) -> None:
    errors = [standing("evse_board_support/BrownOut", each) for each in severities]

    assert shutdown(errors) is worst
