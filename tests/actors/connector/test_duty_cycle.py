"""The duty cycle table of IEC 61851-1, annex A, both branches and what lies between (M6.22)."""

import pytest

from actors.connector.duty_cycle import duty_cycle_percent


@pytest.mark.parametrize(
    ("current_a", "percent"),
    [
        (0, None), (5.99, None),
        (6, 10.0), (10, 16.67), (13, 21.67), (16, 26.67), (20, 33.33), (25, 41.67), (32, 53.33), (40, 66.67),
        (48, 80.0), (51, 85.0),
        (51.1, 85.0), (52, 85.0), (52.5, 85.0),
        (53, 85.2), (60, 88.0), (63, 89.2), (70, 92.0), (79, 95.6), (80, 96.0),
        (80.1, 96.0), (1000, 96.0),
    ],
)  # fmt: skip
def test_a_current_is_told_by_the_duty_cycle_of_its_branch(current_a, percent):
    found = duty_cycle_percent(current_a)

    assert found == percent if percent is None else found == pytest.approx(percent, abs=0.005)


def test_more_current_never_means_a_smaller_duty_cycle():
    found = [duty_cycle_percent(tenth / 10) for tenth in range(60, 801)]

    assert found == sorted(found)
