"""Tests for actors/simulation/car/talk_script.py."""

from __future__ import annotations

from typing import Any

import pytest

from actors.catalog.simulation import CAR, CAR_V2G
from actors.simulation.car.talk_script import talk_script
from actors.simulation.ev.script import Control, Installation, Mode, Pay, Protocol, Script
from actors.simulation.ev.script_file import read_script


def defaults(manifest: Any) -> dict[str, Any]:
    return {name: each.default for name, each in manifest.parameters.items()}


def script(mode: str = "ac", pay: str = "", **changes: Any) -> Script:
    car = defaults(CAR) | {"connector_id": 7}
    v2g = defaults(CAR_V2G)
    for name, value in changes.items():
        (v2g if name in v2g else car)[name] = value
    return read_script(talk_script(car, mode, pay, v2g).encode(), "script")


DC_20 = {"supported_ISO15118_20_DC": True, "supported_ISO15118_2": True}


def test_the_defaults_of_the_site_file_are_a_car() -> None:
    made = script(supported_ISO15118_2=True)

    assert made.car.mode is Mode.AC
    assert made.car.protocols == (Protocol.ISO2,)
    assert made.car.evcc_id == "02:45:56:00:00:07"
    assert made.car.install is Installation.NEVER


@pytest.mark.parametrize(
    ("mode", "changes", "protocols"),
    [
        ("dc", {"supported_DIN70121": True}, (Protocol.DIN,)),
        ("ac", {"supported_DIN70121": True, "supported_ISO15118_2": True}, (Protocol.ISO2,)),
        ("dc", DC_20, (Protocol.ISO20, Protocol.ISO2)),
        ("ac", DC_20, (Protocol.ISO2,)),
        ("ac", {}, (Protocol.ISO2,)),
    ],
)  # fmt: skip
def test_a_car_speaks_what_it_is_said_to(
    mode: str, changes: dict[str, Any], protocols: tuple[Protocol, ...]
) -> None:
    assert script(mode, **changes).car.protocols == protocols


@pytest.mark.parametrize(
    ("said", "pay"), [("contract", Pay.CONTRACT), ("externalpayment", Pay.EIM), ("", None), ("cash", None)]
)
def test_a_car_pays_as_it_is_said_to(said: str, pay: Pay | None) -> None:
    assert script("ac", said).car.pay is pay


def test_the_numbers_of_the_site_file_reach_the_car() -> None:
    made = script(
        "dc",
        soc=42,
        dc_energy_capacity=80_000,
        dc_max_current_limit=125,
        is_cert_install_needed=True,
        select_all_vas_services=True,
        tls_active=True,
        max_current=10,
        three_phases=False,
    )

    assert made.car.battery.soc_percent == 42
    assert made.car.battery.capacity_wh == 80_000
    assert made.car.dc.max_current_a == 125
    assert made.car.install is Installation.MISSING
    assert made.car.choose_services
    assert made.car.tls
    assert (made.car.ac.max_current_a, made.car.ac.phases) == (10, 1)


def test_a_car_that_is_to_give_back_does_so_by_its_own_decision() -> None:
    limits: dict[str, Any] = {"dc_discharge_max_power_limit": 7000, "dc_discharge_v2g_minimal_soc": 25}

    made = script("dc_bpt", "", **DC_20, **limits)

    charge = made.steps[1].charge
    assert (made.car.mode, made.car.protocols) == (Mode.DC_BPT, (Protocol.ISO20,))
    assert (made.car.control, made.car.battery.discharge_w) == (Control.SCHEDULED, 7000)
    assert charge is not None
    assert charge.discharge_to_soc_percent == 25


@pytest.mark.parametrize(("said", "control"), [({"control": "scheduled"}, "scheduled"), ({}, "dynamic")])
def test_a_car_prefers_the_control_mode_that_is_said(said: dict[str, Any], control: str) -> None:
    text = talk_script(defaults(CAR) | {"connector_id": 7}, "dc", "", defaults(CAR_V2G) | said)

    assert read_script(text.encode(), "script").car.control == control
