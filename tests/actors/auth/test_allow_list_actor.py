"""Tests for actors/auth/allow_list_actor.py: the file as it changes, and contracts with a real store."""

from __future__ import annotations

import dataclasses

import pytest
from structlog.testing import capture_logs

from actors.engine import messages as engine
from actors.engine.clock import ManualClock
from actors.engine.simulation import Simulation
from protocols.interfaces import auth_token_validator
from tests.support.auth_contracts import LIST, Root, contract_token, foreign_contract
from tests.support.auth_desk import token
from tests.support.stores import NOW, provision

GOOD = "tokens: [{id: GOOD}]\ncontracts: [{emaid: 'DE8EVSC*'}]\n"


class Stage:
    def __init__(self, directory, *, security=False, file="allowlist.yaml"):
        self.directory = directory
        if security:
            provision(directory / "certs")
        config = {"directory": str(directory), "parameters": {}, "security": security, "file": file}
        self.simulation = Simulation(ManualClock(NOW))
        self.simulation.start(Root, engine.Start(path="site", lineage="site#0", config=config))
        self.simulation.advance(0.5)

    def write(self, text, name="allowlist.yaml"):
        fresh = self.directory / "fresh"
        fresh.write_text(text)
        fresh.rename(self.directory / name)
        self.simulation.advance(1.1)

    def judge(self, shown):
        reply = self.simulation.ask(LIST, auth_token_validator.ValidateToken(provided_token=shown))
        result = reply.validation_result
        return str(result.authorization_status), result.certificate_status and str(result.certificate_status)

    def status(self, value):
        return self.judge(token(value))[0]

    def errors(self):
        return [one.error.type for one in self.simulation.actor("site/allow_list")._errors.errors]


def test_the_file_is_read_at_the_start_and_when_it_changes(tmp_path):
    (tmp_path / "allowlist.yaml").write_text(GOOD)
    stage = Stage(tmp_path)
    before = stage.status("GOOD"), stage.status("NEW")

    stage.write("tokens: [{id: NEW}]")

    assert before == ("Accepted", "Unknown")
    assert (stage.status("GOOD"), stage.status("NEW")) == ("Unknown", "Accepted")


def test_a_missing_file_is_an_empty_list_until_it_comes(tmp_path):
    with capture_logs() as lines:
        stage = Stage(tmp_path)
    before = stage.status("GOOD")

    stage.write(GOOD)
    between = stage.status("GOOD")
    (tmp_path / "allowlist.yaml").unlink()
    stage.simulation.advance(1.1)

    assert "allow_list_missing" in {line["event"] for line in lines}
    assert (before, between, stage.status("GOOD")) == ("Unknown", "Accepted", "Unknown")


def test_a_broken_file_keeps_the_last_good_list_and_is_told_of(tmp_path):
    (tmp_path / "allowlist.yaml").write_text(GOOD)
    stage = Stage(tmp_path)

    with capture_logs() as lines:
        stage.write("tokens:\n  - id: A\n    colour: red\n")
        stage.simulation.advance(5)
    broken = stage.errors()
    status = stage.status("GOOD")
    stage.write("tokens: [{id: NEW}]")

    (told,) = [line for line in lines if line["event"] == "allow_list_broken"]
    assert "allowlist.yaml:3:5" in told["problem"]
    assert broken == ["generic/VendorWarning"]
    assert status == "Accepted"
    assert stage.errors() == []
    assert stage.status("NEW") == "Accepted"


def test_a_file_that_cannot_be_opened_is_told_of_once(tmp_path):
    stage = Stage(tmp_path)

    with capture_logs() as lines:
        (tmp_path / "allowlist.yaml").mkdir()
        stage.simulation.advance(5)

    assert [line["event"] for line in lines].count("allow_list_broken") == 1
    assert stage.errors() == ["generic/VendorWarning"]


def test_a_path_that_leads_nowhere_is_told_of(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    stage = Stage(tmp_path)

    with capture_logs() as lines:
        (tmp_path / "allowlist.yaml").symlink_to(tmp_path / "loop")
        stage.simulation.advance(5)

    assert [line["event"] for line in lines].count("allow_list_broken") == 1


def test_an_absolute_path_is_taken_as_it_is(tmp_path):
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(GOOD)

    assert Stage(tmp_path, file=str(elsewhere)).status("GOOD") == "Accepted"


# -- contracts ---------------------------------------------------------------------------------------------


@pytest.fixture
def with_store(tmp_path):
    (tmp_path / "allowlist.yaml").write_text(GOOD)
    return Stage(tmp_path, security=True)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (contract_token(), ("Accepted", "Accepted")),
        (foreign_contract(), ("Invalid", "CertChainError")),
        (contract_token(certificate=None), ("Invalid", "NoCertificateAvailable")),
        (contract_token(certificate="garbage"), ("Invalid", "NoCertificateAvailable")),
        (
            dataclasses.replace(contract_token(), id_token=token("DE8EVSC0000002X").id_token),
            ("Invalid", "NoCertificateAvailable"),
        ),
    ],
    ids=["good", "foreign", "none", "garbage", "of somebody else"],
)
def test_a_contract_counts_once_its_chain_is_verified(with_store, shown, verdict):
    assert with_store.judge(shown) == verdict


def test_a_good_contract_that_is_not_listed_is_unknown(with_store):
    with_store.write("contracts: [{emaid: 'FR*'}]")

    assert with_store.judge(contract_token()) == ("Unknown", "Accepted")


def test_an_expired_contract_is_told_as_that(with_store):
    with_store.simulation.advance(0.1)
    with_store.simulation.clock.jump(86_400 * 3000)

    assert with_store.judge(contract_token()) == ("Expired", "CertificateExpired")


def test_a_contract_id_typed_in_as_a_card_is_no_contract(with_store):
    assert with_store.status("DE8EVSC0000001X") == "Unknown"


def test_without_a_certificate_manager_no_contract_is_known(tmp_path):
    (tmp_path / "allowlist.yaml").write_text(GOOD)

    assert Stage(tmp_path).judge(contract_token()) == ("Unknown", "NoCertificateAvailable")


@pytest.mark.parametrize(("replaced", "status"), [(True, "Accepted"), (False, "Unknown")])
def test_a_certificate_manager_that_hangs_is_waited_for_so_long(with_store, replaced, status):
    simulation = with_store.simulation
    for path in [each for each in simulation.actors() if each.startswith("site/certificates")]:
        simulation.hang(path)
    if not replaced:
        simulation.hang("site")
    command = auth_token_validator.ValidateToken(provided_token=contract_token())

    with capture_logs() as lines:
        with pytest.raises(LookupError):
            simulation.ask(LIST, command)
        simulation.advance(11)

    assert [line["status"] for line in lines if line["event"] == "token_judged"] == [status]
