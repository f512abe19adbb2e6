"""The thresholds of IEC 61851-23:2023."""

import pytest

from actors.connector import isolation
from actors.connector.isolation import Isolation


@pytest.mark.parametrize(
    ("ohm", "kind", "verdict"),
    [
        (0, "cCCS2", Isolation.FAULT),
        (99_999, "cCCS2", Isolation.FAULT),
        (100_000, "cCCS2", Isolation.WARNING),
        (124_999, "cMCS", Isolation.FAULT),
        (125_000, "cMCS", Isolation.WARNING),
        (499_999, "cCCS2", Isolation.WARNING),
        (500_000, "cCCS2", Isolation.VALID),
    ],
)
def test_a_resistance_is_judged_by_the_kind_of_plug(ohm, kind, verdict):
    assert isolation.verdict(ohm, kind) is verdict


@pytest.mark.parametrize(
    ("car_v", "supply_v", "test_v"),
    [
        (0, 920, 500), (0, 400, 400), (400, 920, 450), (450, 920, 500), (500, 920, 500), (500, 480, 480),
        (501, 920, 551.1), (800, 920, 880), (900, 920, 920),
    ],
)  # fmt: skip
def test_the_test_voltage_follows_what_car_and_supply_can(car_v, supply_v, test_v):
    assert isolation.test_voltage_v(car_v, supply_v) == pytest.approx(test_v)


@pytest.mark.parametrize(
    ("negotiated_v", "limit_v"),
    [(400, 550), (500, 550), (501, 825), (750, 825), (850, 935), (1000, 1100), (1250, 1375)],
)
def test_the_emergency_limit_is_that_of_the_table(negotiated_v, limit_v):
    assert isolation.emergency_v(negotiated_v) == pytest.approx(limit_v)
