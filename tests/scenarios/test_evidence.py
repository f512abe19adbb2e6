"""Talks leave evidence: it is decoded, its packets say the same, and its requests are played again."""

import json
import stat

import pytest

from actors.v2g import messages
from protocols.message import Reply
from tests.support.charging import charge, furnish
from tests.support.command_line import evsite
from tests.support.engine import eventually
from tests.support.links import CHARGER, HELLO, HandCar, Root, ports

pytestmark = pytest.mark.timeout(120)

CONTRACT = "car: {mode: dc, pay: contract, time_lapse: 3000}"
CARD = "car: {mode: ac, pay: eim, tls: false, time_lapse: 6000}"


def bundles(directory, count):
    """The bundles in a directory, oldest first, once all of them have their last line."""

    def finished():
        found = sorted(directory.glob("v2g-*/talk.jsonl"))
        ended = [path.read_text().splitlines()[-1:] for path in found]
        whole = all('"kind":"end"' in "".join(one) for one in ended)
        return [path.parent for path in found] if len(found) == count and whole else None

    return eventually(finished, within_s=30)


def decoded(*words):
    """The records that decode prints."""
    done = evsite("decode", "--compact", *words)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def said(records):
    """Who has said what, without when."""
    return [
        {name: one[name] for name in ("from", "transport", "protocol", "schema", "message") if name in one}
        for one in records
        if "kind" not in one
    ]


@pytest.fixture
def station(evsite_system, tmp_path):
    """A client of two links that leave evidence with secrets; where all of that is."""
    own = {"evidence_path": str(tmp_path / "kept"), "tls_key_logging": True}
    own["tls_key_logging_path"] = str(tmp_path)
    configuration = furnish(tmp_path) | {"links": 2, "parameters": own}
    _system, client = evsite_system(Root, configuration)
    return client, tmp_path


def test_the_evidence_of_talks_is_read_and_played_again(station):
    client, directory = station
    other = f"[::1]:{ports(client, 1).plain}"

    # a talk by contract over TLS: lines and decrypted packets are the same
    assert charge(client, directory, CONTRACT).completed
    (contract,) = bundles(directory / "kept", 1)
    assert {stat.S_IMODE(path.stat().st_mode) for path in contract.iterdir()} == {0o600}
    lines = decoded(contract)
    assert said(lines) == said(decoded(contract / "talk.pcap", "--keylog", contract / "keys.log"))
    assert len(said(lines)) > 30
    assert lines[-1]["authorization"]["verdict"] == "Granted"
    assert max(one.get("took_ms", 0) for one in lines) > 0

    # the EVSE manager wants the next one elsewhere
    elsewhere = messages.Evidence(path=str(directory / "session"), suffix="42")
    assert client.ask(CHARGER, elsewhere) == Reply()
    assert charge(client, directory, CARD).completed
    (card,) = bundles(directory / "session", 1)
    assert card.name.endswith("-42")

    # it is played to another link, which answers the same
    done = evsite("replay", card, "--to", other, "--fast", "--pcap", directory / "again.pcap")
    assert done.exit_code == 0, done.output
    assert "all answers as recorded" in done.output
    played = said(decoded(directory / "again.pcap"))
    assert [one["schema"] for one in played[:3]] == ["app_protocol", "app_protocol", "iso2_msgdef"]

    # what was signed cannot be played, and is refused if it is
    secured = f"[::1]:{ports(client, 1).tls}"
    again = ("replay", contract, "--to", secured, "--fast", "--pki", directory / "car")
    stale, refused = evsite(*again), evsite(*again, "--signed")
    assert (stale.exit_code, refused.exit_code) == (1, 1)
    assert "AuthorizationReq cannot be replayed: it is signed" in stale.output
    assert "FAILED_ChallengeInvalid" in refused.output

    # rubbish is recorded as it was
    assert client.ask(CHARGER, messages.Evidence(path=str(directory / "rubbish"))) == Reply()
    for rubbish in (b"\x80" * 200_000, b"\xff"):
        with HandCar(ports(client).plain) as car:
            car.send(HELLO)
            assert car.receive()
            car.send(rubbish)
            assert car.receive() is None
    huge, tiny = bundles(directory / "rubbish", 2)
    assert [evsite("decode", one).exit_code for one in (huge, tiny)] == [1, 1]
    assert (tiny / "talk.pcap").stat().st_size < 2_000
    assert (huge / "talk.pcap").stat().st_size > 200_000
