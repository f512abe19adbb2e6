"""What a demonstration needs is made once, renewed when it has expired, and nothing else is touched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from actors.demo import preparation
from actors.demo.preparation import PreparationError
from actors.simulation.ev.wallet import load_wallet

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 6, 1, tzinfo=UTC)
URL = "ws://127.0.0.1:12345/"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("state")
    assert preparation.prepare(directory, URL, NOW)
    return directory


def profile(state: Path) -> str:
    file = state / "component_config/standardized/InternalCtrlr.json"
    (actual,) = json.loads(file.read_text())["properties"]["NetworkConnectionProfiles"]["attributes"]
    (one,) = json.loads(actual["value"])
    return str(one["connectionData"]["ocppCsmsUrl"])


def test_the_device_model_knows_the_back_end(state: Path) -> None:
    assert profile(state) == URL.rstrip("/")
    assert (state / "component_config/custom/EVSE_2.json").exists()


def test_the_car_can_ask_for_a_contract_and_has_none(state: Path) -> None:
    wallet = load_wallet(state / "car_2")

    assert wallet.provisioning is not None
    assert wallet.v2g_roots
    assert wallet.contract is None


def test_no_key_can_be_read_by_others(state: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in state.rglob("*.key")} == {0o600}


def test_a_second_time_only_the_address_is_changed(state: Path) -> None:
    key = (state / "certs/client/cso/SECC_LEAF.key").read_bytes()
    file = state / "component_config/standardized/SampledDataCtrlr.json"
    before = file.stat().st_mtime_ns

    assert not preparation.prepare(state, "ws://127.0.0.1:54321", NOW)

    assert (state / "certs/client/cso/SECC_LEAF.key").read_bytes() == key
    assert profile(state) == "ws://127.0.0.1:54321"
    assert file.stat().st_mtime_ns == before


def test_a_pki_that_has_expired_is_made_anew_with_its_car(tmp_path: Path) -> None:
    preparation.make_certificates(tmp_path, NOW)
    car = (tmp_path / "car_2/client/oem/OEM_LEAF.key").read_bytes()

    assert not preparation.make_certificates(tmp_path, NOW + timedelta(days=300))
    assert preparation.make_certificates(tmp_path, NOW + timedelta(days=365))
    assert (tmp_path / "car_2/client/oem/OEM_LEAF.key").read_bytes() != car


def test_a_car_that_is_missing_is_given_its_part_of_the_pki(state: Path, tmp_path: Path) -> None:
    (tmp_path / "certs").symlink_to(state / "certs")

    assert not preparation.make_certificates(tmp_path, NOW)

    assert load_wallet(tmp_path / "car_2").provisioning is not None
    assert load_wallet(tmp_path / "car_2").contract is None


def test_certificates_that_are_not_ours_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/mine.pem").write_text("mine")

    with pytest.raises(PreparationError, match="no test PKI"):
        preparation.make_certificates(tmp_path, NOW)

    assert (tmp_path / "certs/mine.pem").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "{}", '{"properties": {"NetworkConnectionProfiles": []}}'])
def test_a_device_model_that_somebody_has_broken_is_told_of(tmp_path: Path, text: str) -> None:
    (tmp_path / "model/standardized").mkdir(parents=True)
    (tmp_path / "model/standardized/InternalCtrlr.json").write_text(text)

    with pytest.raises(PreparationError, match=r"InternalCtrlr\.json is not as it was made"):
        preparation.make_device_model(tmp_path / "model", URL)
