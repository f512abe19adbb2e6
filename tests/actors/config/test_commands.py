import json
import os
import pty
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actors.cli import app
from actors.config import check_file
from actors.ocpp.assembly import lay_out
from actors.ocpp.device_model.generation import Evse
from tests.support import sites

RUNNER = CliRunner()
SIL = sites.ROOT / "deploy" / "sil-2evse.yaml"
WRONG = sites.edited(("charge_mode: AC", "charge_mode: Ac"))
ODD = sites.edited(("connection_timeout: 60", "connection_timeout: 5"))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "good.yaml").write_text(sites.BASE)
    (tmp_path / "wrong.yaml").write_bytes(WRONG)
    (tmp_path / "odd.yaml").write_bytes(ODD)
    return tmp_path


def run(*arguments):
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def test_check_says_good_and_how_large_the_site_is(files):
    result = run("check", files / "good.yaml")

    assert result.exit_code == 0
    assert f"{files}/good.yaml: good (2 EVSEs, 17 modules)\n" in result.output


def test_check_names_the_modules_that_come_later(files):
    later = {entry.manifest.name for entry in check_file(files / "good.yaml").site.not_yet_available()}

    result = run("check", files / "good.yaml")

    assert all(name in result.output for name in later)
    assert ("Comes with a later version:" in result.output) is bool(later)


def test_check_tells_problems_and_counts_them(files):
    result = run("check", files / "wrong.yaml")

    assert result.exit_code == 2
    assert result.output == (
        f"{files}/wrong.yaml:9:20: error: active_modules.evse_1.config_module.charge_mode: "
        "'Ac' is not among the choices\n    Did you mean 'AC'? Possible: AC or DC.\n"
        f"{files}/wrong.yaml: 1 error\n"
    )


@pytest.fixture
def state(tmp_path):
    """A state directory whose device model lacks a component."""
    directory = tmp_path / "state" / "component_config"
    lay_out(directory, [Evse(), Evse()])
    (directory / "standardized" / "TxCtrlr.json").unlink()
    return directory.parent


def test_check_tells_what_is_wrong_with_the_device_model(state):
    result = run("check", SIL, "--state", state)

    assert result.exit_code == 2
    assert (
        "device model: error: TxCtrlr.EVConnectionTimeOut: a station must have this variable\n"
        "    Take it over from the component_config that comes with evsite.\n"
    ) in result.output
    assert re.search(rf"{SIL}: \d+ errors\n$", result.output)


def test_check_as_json_has_the_files_of_the_device_model(state):
    (state / "component_config" / "custom" / "EVSE_1.json").write_text("{")

    (outcome,) = json.loads(run("check", SIL, "--state", state, "--json").output)["files"]

    assert not outcome["good"]
    assert outcome["problems"][0]["file"] == str(state / "component_config" / "custom" / "EVSE_1.json")


def test_check_does_not_take_the_state_from_the_environment(state, monkeypatch):
    monkeypatch.setenv("EVSITE_STATE", str(state))  # as in the container

    assert run("check", SIL).exit_code == 0


def test_check_refuses_one_state_directory_for_several_files(state, files):
    result = run("check", SIL, files / "good.yaml", "--state", state)

    assert result.exit_code == 2
    assert result.output == (
        f"evsite: --state {state} belongs to one site, but 2 files are named; check them one by one\n"
    )


def test_check_of_a_new_state_directory_is_good_and_makes_nothing(tmp_path):
    assert run("check", SIL, "--state", tmp_path / "none").exit_code == 0
    assert not (tmp_path / "none").exists()


def test_check_of_several_files_fails_if_one_is_wrong(files):
    result = run("check", files / "good.yaml", files / "wrong.yaml")

    assert result.exit_code == 2
    assert "good.yaml: good" in result.output
    assert "wrong.yaml: 1 error" in result.output


@pytest.mark.parametrize(
    ("arguments", "code", "summary"),
    [([], 0, "good (2 EVSEs, 17 modules, 1 warning)"), (["--strict"], 2, "odd.yaml: 1 warning")],
)
def test_warnings_fail_a_strict_check_only(files, arguments, code, summary):
    result = run("check", files / "odd.yaml", *arguments)

    assert result.exit_code == code
    assert summary in result.output


def test_check_as_json_holds_the_same_for_programs(files):
    result = run("check", "--json", files / "good.yaml", files / "wrong.yaml")

    good, wrong = json.loads(result.stdout)["files"]
    assert result.exit_code == 2
    assert (good["good"], good["evses"], good["modules"], good["problems"]) == (True, 2, 17, [])
    assert (wrong["good"], wrong["evses"], wrong["modules"], wrong["not_yet_available"]) == (
        False,
        None,
        None,
        [],
    )
    assert wrong["problems"] == [
        {
            "severity": "error",
            "file": str(files / "wrong.yaml"),
            "line": 9,
            "column": 20,
            "path": "active_modules.evse_1.config_module.charge_mode",
            "text": "'Ac' is not among the choices",
            "suggestion": "Did you mean 'AC'? Possible: AC or DC.",
        }
    ]


def test_a_secret_is_told_nowhere(files):
    (files / "secret.yaml").write_bytes(sites.edited(('"123456"', "987654321")))

    for arguments in ([], ["--json"]):
        result = run("check", files / "secret.yaml", *arguments)
        assert result.exit_code == 2
        assert "private_key_password" in result.output
        assert "987654321" not in result.output


def test_check_of_a_missing_file_is_bad_input(tmp_path):
    result = run("check", tmp_path / "none.yaml")

    assert result.exit_code == 2
    assert result.output.startswith(f"{tmp_path}/none.yaml: error: cannot be read: No such file")


def test_check_on_a_terminal_has_colours_and_unbroken_lines(tmp_path):
    directory = tmp_path / ("long" * 30)
    directory.mkdir()
    path = directory / "wrong.yaml"
    path.write_bytes(WRONG)
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "40"}
    environment.pop("NO_COLOR", None)

    with subprocess.Popen(
        [sys.executable, "-c", "from actors.cli import main; main()", "check", str(path)],
        stdout=theirs,
        stderr=theirs,
        env=environment,
        cwd=sites.ROOT,
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)

    assert process.returncode == 2
    assert b"\x1b[1;31merror:\x1b[0m" in shown
    assert f"{path}:9:20: ".encode() in shown
    assert f"{path}: 1 error\r\n".encode() in shown


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other end is closed
        return b""


def test_init_writes_a_file_that_check_accepts(tmp_path):
    result = run("init", tmp_path)

    path = tmp_path / "site.yaml"
    assert result.exit_code == 0
    assert result.output == f"{path}: written. Check it with: evsite check {path}\n"
    assert check_file(path).problems == ()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["site.yaml"]


@pytest.mark.parametrize(
    ("arguments", "modes"),
    [
        ([], "AC DC"),
        (["--evses", "3"], "AC DC AC"),
        (["--ac"], "AC"),
        (["--dc", "--evses", "2"], "DC DC"),
        (["--kinds", "dc, AC,dc"], "DC AC DC"),
        (["--kinds", "ac,dc", "--evses", "1"], "AC"),
    ],
)
def test_init_makes_the_evses_asked_for(tmp_path, arguments, modes):
    path = tmp_path / "deep" / "mine.yaml"

    assert run("init", path, *arguments).exit_code == 0
    site = check_file(path).site
    assert [site.modules[name].parameters["charge_mode"] for name in site.evses.values()] == modes.split()


@pytest.mark.parametrize(
    ("arguments", "module"),
    [(["--ocpp", "1.6"], "OCPP"), (["--ocpp", "2.0.1"], "OCPP201"), (["--ocpp", "none", "--no-pnc"], None)],
)
def test_init_connects_the_ocpp_version_asked_for(tmp_path, arguments, module):
    assert run("init", tmp_path, "--no-cars", *arguments).exit_code == 0

    site = check_file(tmp_path / "site.yaml").site
    assert (site.modules["ocpp"].manifest.name if "ocpp" in site.modules else None) == module


@pytest.mark.parametrize("name", ["site.YML", "site.Yaml"])
def test_init_knows_a_file_by_its_ending_in_any_case(tmp_path, name):
    assert run("init", tmp_path / name).exit_code == 0

    assert (tmp_path / name).is_file()


def test_init_leaves_a_file_that_is_there(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("mine")

    result = run("init", path)

    assert result.exit_code == 2
    assert result.stderr == f"evsite: {path} is there already; --force overwrites it\n"
    assert path.read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["site.yaml"]


def test_init_overwrites_when_forced(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("mine")

    assert run("init", path, "--force").exit_code == 0
    assert check_file(path).site is not None


def test_init_that_cannot_write_has_failed(tmp_path):
    (tmp_path / "file").write_text("in the way")

    result = run("init", tmp_path / "file" / "site.yaml")

    assert result.exit_code == 1
    assert "cannot be written: " in result.stderr


def test_init_that_is_stopped_leaves_no_half_file(tmp_path, monkeypatch):
    path = tmp_path / "site.yaml"
    path.write_text("mine")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    result = run("init", path, "--force")

    assert (result.exit_code, path.read_text()) == (1, "mine")
    assert [one.name for one in tmp_path.iterdir()] == ["site.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ac", "--dc"],
        ["--ac", "--kinds", "dc"],
        ["--dc", "--kinds", "dc"],
        ["--kinds", "ac,ev"],
        ["--kinds", ""],
        ["--ocpp", "3.0"],
        ["--evses", "0"],
        ["--evses", "127"],
    ],
    ids=" ".join,
)
def test_init_refuses_options_that_do_not_fit(tmp_path, arguments):
    result = run("init", tmp_path, *arguments)

    assert result.exit_code == 2
    assert result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_check_refuses_at_once_what_is_no_regular_file(tmp_path, kind):
    path = Path("/dev/zero") if kind == "device" else tmp_path / "pipe"
    if kind == "pipe":
        os.mkfifo(path)

    result = run("check", path)

    assert result.exit_code == 2
    assert "it is no regular file; - is standard input" in result.stdout


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_check_reads_standard_input_under_either_name(name):
    good = (sites.ROOT / "deploy" / "minimal-ac.yaml").read_bytes()

    result = RUNNER.invoke(app, ["check", name], input=good)

    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, f"{name}: good (1 EVSE, 10 modules)")


def test_check_prints_no_control_character_of_a_file(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text('active_modules:\n  "a\\e[31mb":\n    module: Auth\n    "\\e]0;x\\a": 1\n')

    printed = run("check", path).output

    assert "active_modules.a\\x1b[31mb: " in printed
    assert printed.replace("\n", "").isprintable()


def test_schema_is_printed_as_json():
    result = run("schema")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "evsite site file"


def test_the_example_in_the_readme_is_what_check_prints(tmp_path):
    deploy = sites.ROOT / "deploy"
    path = tmp_path / "site.yaml"
    good = (deploy / "sil-2evse.yaml").read_text()
    path.write_text(good.replace("charge_mode: AC", "charge_mode: Ac"))

    printed = run("check", path).output.replace(f"{tmp_path}{os.sep}", "")

    assert "".join(f"    {line}\n" for line in printed.splitlines()) in (deploy / "README.md").read_text()
