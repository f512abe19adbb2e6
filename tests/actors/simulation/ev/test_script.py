from decimal import Decimal

import pytest
from pydantic import ValidationError

from actors.simulation.ev.script import BatteryModel, Car, Charge, Mode, Protocol, Script, Step, Unplug


def test_a_script_without_content_charges_until_full():
    assert [type(step.what).__name__ for step in Script().steps] == ["Plug", "Charge", "Unplug"]


@pytest.mark.parametrize("spelled", ["unplug", {"unplug": None}, {"unplug": {}}])
def test_a_step_is_spelled_in_three_ways(spelled):
    assert Step.model_validate(spelled).what == Unplug()


@pytest.mark.parametrize("spelled", [{}, {"plug": {}, "unplug": {}}, 7, "fly"])
def test_a_step_is_exactly_one_thing(spelled):
    with pytest.raises(ValidationError):
        Step.model_validate(spelled)


def test_a_goal_of_charging_may_be_a_fraction():
    assert Step.model_validate({"charge": {"to_soc_percent": 80.5}}).what == Charge(
        to_soc_percent=Decimal("80.5")
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"evcc_id": "a car"},
        {"protocols": []},
        {"protocols": ["iso2", "iso2"]},
        {"mode": "ac_bpt", "protocols": ["iso2"]},
        {"mode": "ac", "protocols": ["din"]},
        {"mode": "dc", "dc": {"max_voltage_v": 300}},
        {"battery": {"charge_w": [[50, 1], [10, 2]]}},
        {"battery": {"voltage_v": [[0, 0]]}},
    ],
)
def test_a_car_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValidationError):
        Car.model_validate(wrong)


@pytest.mark.parametrize(
    ("car", "wanted"),
    [
        ({}, False),
        ({"pay": "contract"}, True),
        ({"install": "missing"}, True),
        ({"protocols": ["iso20"]}, True),
        ({"pay": "contract", "tls": False}, False),
    ],
)
def test_a_car_asks_for_tls_where_it_needs_it(car, wanted):
    assert Car.model_validate(car).wants_tls is wanted


def test_the_battery_is_built_as_the_script_says():
    built = BatteryModel(capacity_wh=1000, soc_percent=Decimal(50)).build()

    assert (built.capacity_wh, built.soc_percent) == (1000, 50)


def test_a_mode_says_which_current_and_direction():
    assert [(mode.is_dc, mode.is_bpt) for mode in Mode] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]


def test_the_car_id_is_six_bytes_on_the_wire():
    assert Car().mac == bytes.fromhex("024556000001")


def test_the_onboard_charger_knows_its_power():
    assert Car(protocols=(Protocol.ISO2,)).ac.max_power_w == 3 * 230 * 16
