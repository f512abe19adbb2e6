import json

import pytest
from typer.testing import CliRunner

from actors.cli import app
from certs import pki
from protocols.iso15118 import iso2
from tests.support.ev_sockets import SocketStation, living_world, server_contexts, serving
from tests.support.ev_stations import Iso2Station

SHORT = "car: {time_lapse: 100000, patience: 200}\nsteps: [plug, charge: {energy_wh: 10}, unplug]\n"


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


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "car.yaml"
    path.write_text(SHORT)
    return path


def evsite(*arguments):
    return CliRunner().invoke(app, ["ev", *map(str, arguments)])


def test_a_good_run_prints_the_sequence(script):
    with serving(SocketStation(Iso2Station)) as station:
        done = evsite("--sdp", f"[::1]:{station.sdp_port}", "--script", script)

    assert done.exit_code == 0, done.output
    assert "ISO 15118-2 AC" in done.output
    assert "SessionStopReq" in done.output
    assert "completed; " in done.output


def test_a_run_by_contract_writes_a_key_log(script, world, directory, tmp_path):
    keylog = tmp_path / "keys.log"
    make = SocketStation(lambda: Iso2Station(contract=True), server_contexts(world))
    with serving(make) as station:
        done = evsite(
            "--connect", f"[::1]:{station.port}", "--script", script, "--pay", "contract", "--pki", directory,
            "--keylog", keylog, "--json",
        )  # fmt: skip

    told = json.loads(done.output)
    assert (done.exit_code, told["outcome"]["completed"]) == (0, True)
    assert "PaymentDetailsReq" in [one["request"] for one in told["exchanges"]]
    assert keylog.read_text().startswith("CLIENT_RANDOM")


def test_a_refused_run_fails_with_phase_and_code(script):
    refusal = iso2.AuthorizationRes(
        response_code=iso2.ResponseCode.FAILED, evse_processing=iso2.EvseProcessing.FINISHED
    )
    with serving(SocketStation(lambda: Iso2Station({iso2.AuthorizationReq: refusal}))) as station:
        done = evsite("--connect", f"[::1]:{station.port}", "--script", script)

    assert done.exit_code == 1
    assert "failed in Authorization: ResponseCode: FAILED" in done.output


def test_a_refusal_that_is_expected_is_good(script):
    script.write_text(SHORT + "expect: {reason: NoStation}\n")
    done = evsite("--interface", "no-such-one", "--script", script)

    assert done.exit_code == 0
    assert "which is what the script expects" in done.output


def test_options_go_before_the_script(script):
    with serving(SocketStation(Iso2Station)) as station:
        done = evsite(
            "--connect", f"[::1]:{station.port}", "--script", script, "--mode", "dc", "--soc-start", 79.99,
            "--soc-target", 80, "--time-lapse", 10, "--json",
        )  # fmt: skip

    told = json.loads(done.output)
    assert (told["protocol"], told["outcome"]["soc_percent"]) == ("ISO 15118-2 DC", 80)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sdp", "::1", "--connect", "::1"], "one of --interface"),
        (["--connect", "host"], "--connect host: HOST:PORT"),
        (["--connect", "host:x"], "HOST:PORT"),
        (["--connect", "host:70000"], "HOST:PORT"),
        (["--mode", "steam"], "car.mode"),
        (["--protocol", "din"], "din charges by dc only"),
        (["--pay", "contract"], "--pki DIRECTORY"),
        (["--pki", "no such directory"], "no such directory"),
        (["--script", "no such script"], "cannot be read"),
    ],
)
def test_bad_input_ends_with_two(arguments, told):
    done = evsite(*arguments)

    assert done.exit_code == 2
    assert told in done.output.replace("\n", " ")


def test_a_damaged_directory_is_bad_input(tmp_path):
    (tmp_path / "ca/v2g").mkdir(parents=True)
    (tmp_path / "ca/v2g/V2G_ROOT_CA.pem").write_text("damaged")

    assert evsite("--pki", tmp_path).exit_code == 2


def test_a_key_log_that_cannot_be_written_is_said(script, world, directory, tmp_path):
    make = SocketStation(lambda: Iso2Station(contract=True), server_contexts(world))
    with serving(make) as station:
        done = evsite(
            "--connect", f"[::1]:{station.port}", "--script", script, "--pay", "contract", "--pki", directory,
            "--keylog", tmp_path,
        )  # fmt: skip

    assert done.exit_code == 0
    assert "Is a directory" in done.output


def test_a_run_that_takes_too_long_is_given_up():
    with serving(SocketStation(Iso2Station)) as station:
        done = evsite("--sdp", f"[::1]:{station.sdp_port}", "--within", "0.2")

    assert done.exit_code == 1, done.output
    assert "Timeout: the whole run" in done.output


def test_a_run_writes_what_has_passed_as_a_capture(script, tmp_path):
    packets = tmp_path / "packets"
    with serving(SocketStation(Iso2Station)) as station:
        done = evsite("--connect", f"[::1]:{station.port}", "--script", script, "--pcap", packets, "--json")
    decoded = CliRunner().invoke(app, ["decode", "--compact", str(packets)])

    exchanged = json.loads(done.output)["exchanges"]
    assert decoded.exit_code == 0
    assert len(decoded.output.splitlines()) == 2 * len(exchanged)
    assert "SessionStopRes" in decoded.output.splitlines()[-1]
