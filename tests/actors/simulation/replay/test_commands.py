import json

import pytest

from actors.v2g.link import evidence_lines as lines
from certs import pki
from tests.support.command_line import evsite
from tests.support.ev_sockets import SocketStation, living_world, server_contexts, serving
from tests.support.ev_stations import Iso2Station
from tests.support.evidence import Told
from tests.support.links import AGREED, HELLO

TLS = {"version": "TLSv1.2", "cipher": "ECDHE-ECDSA-AES128-SHA256"}


@pytest.fixture(scope="module")
def world():
    return living_world()


@pytest.fixture(scope="module")
def directory(world, tmp_path_factory):
    found = tmp_path_factory.mktemp("pki")
    for name, file in pki.files(world, with_broken=False).items():
        path = found / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return found


def bundle(directory, *pairs, tls=None):
    """A bundle of a talk made by hand."""
    told = Told()
    told.talk(pairs or ((HELLO, AGREED),))
    told.end()
    first, *rest = told.files[lines.LINES].splitlines(keepends=True)
    if tls is not None:
        rest.insert(0, lines.of("tls", told.now, tls))
    (directory / "talk.jsonl").write_bytes(b"".join([first, *rest]))
    return directory


def test_a_replay_prints_its_rows_and_what_differs(tmp_path):
    path = bundle(tmp_path) / "talk.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with serving(SocketStation(Iso2Station)) as station:
        done = evsite("replay", tmp_path, "--to", f"[::1]:{station.port}")

    assert done.exit_code == 0, done.output
    assert "the record breaks off" in done.output
    assert "supportedAppProtocolReq" in done.output
    assert "1 requests replayed" in done.output


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_replay_over_tls_writes_keys_and_packets(tmp_path, world, directory, version):
    keys, packets = tmp_path / "keys", tmp_path / "packets"
    recorded = bundle(tmp_path, tls=TLS | {"version": version}) / "talk.jsonl"
    with serving(SocketStation(Iso2Station, server_contexts(world))) as station:
        done = evsite(
            "replay", recorded, "--sdp", f"[::1]:{station.sdp_port}",
            "--pki", directory, "--keylog", keys, "--pcap", packets, "--json",
        )  # fmt: skip
    decoded = evsite("decode", packets, "--keylog", keys, "--compact")
    assert (station.peer is not None) is (version == "TLSv1.3")  # then the car shows a certificate

    assert json.loads(done.stdout)["outcome"]["good"], done.output
    assert [json.loads(line)["transport"] for line in decoded.stdout.splitlines()] == ["TLS", "TLS"]


def test_a_station_that_is_not_there_fails(tmp_path):
    done = evsite("replay", bundle(tmp_path), "--interface", "no-such-one")

    assert done.exit_code == 1
    assert "no connection" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--to", "nowhere"], "--to nowhere: HOST:PORT"),
        (["--to", "::1", "--sdp", "::1"], "one of --interface, --to and --sdp"),
        (["--tls"], "--pki DIRECTORY"),
        (["--tls", "--pki", "no such directory"], "--pki DIRECTORY"),
    ],
)
def test_bad_options_end_with_two(tmp_path, arguments, told):
    done = evsite("replay", bundle(tmp_path), *arguments)

    assert done.exit_code == 2
    assert told in done.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "talk.jsonl: No such file"),
        (b"", "line 1: there is no line"),
        (b"\x00" * 100, "line 1: no JSON"),
        (b'{"kind":"talk","time":"2026-07-01T12:00:00Z","format":1}\n{"kind"', "line 2: no JSON"),
    ],
)
def test_a_bundle_that_is_none_ends_with_two(tmp_path, content, told):
    if content is not None:
        (tmp_path / "talk.jsonl").write_bytes(content)
    done = evsite("replay", tmp_path, "--to", "[::1]:1")

    assert done.exit_code == 2
    assert told in done.output


def test_certificates_that_are_damaged_or_missing_end_with_two(tmp_path):
    for content, told in ((None, "no roots of stations"), (b"damaged", "V2G_ROOT_CA")):
        if content is not None:
            (tmp_path / "ca/v2g").mkdir(parents=True)
            (tmp_path / "ca/v2g/V2G_ROOT_CA.pem").write_bytes(content)
        done = evsite("replay", bundle(tmp_path, tls=TLS), "--pki", tmp_path)

        assert done.exit_code == 2
        assert told in done.output
