import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
from typer.testing import CliRunner

from actors.cli import app
from tests.support import sites

ENTRY = "from actors.cli import main; main()"
# One wrong file of each kind: what is replaced by what, where and how that is told.
KINDS = {
    "module": (
        "module: EvseV2G",
        "module: EvseV2",
        "48:13",
        "Did you mean 'EvseV2G'?",
    ),
    "key": (
        "    telemetry: {id: 1}",
        "    telemetri: {id: 1}",
        "107:5",
        "Did you mean 'telemetry'?",
    ),
    "requirement": (
        "powersupply_DC: [",
        "powersuply_DC: [",
        "32:7",
        "Did you mean 'powersupply_DC'?",
    ),
    "implementation": (
        "module_id: system, implementation_id: main",
        "module_id: system, implementation_id: mian",
        "92:55",
        "Did you mean 'main'?",
    ),
    "parameter": (
        "charge_mode: AC",
        "charge_mod: AC",
        "9:7",
        "Did you mean 'charge_mode'?",
    ),
    "type": (
        "connection_timeout: 60",
        "connection_timeout: '60'",
        "62:27",
        "Leave the quotes out.",
    ),
    "range": (
        "connection_timeout: 60",
        "connection_timeout: 0",
        "62:27",
        "at least 1 s",
    ),
    "choice": (
        "tls_security: allow",
        "tls_security: alow",
        "51:21",
        "Did you mean 'allow'?",
    ),
    "missing parameter": (
        "      connection_timeout: 60\n",
        "",
        "61:5",
        "'connection_timeout' is missing",
    ),
    "missing connection": (
        "      auth: [{module_id: auth, implementation_id: main}]\n",
        "",
        "87:5",
        "Connect an implementation of auth.",
    ),
    "surplus connection": (
        "imd: [",
        "imd: [{module_id: imd_3, implementation_id: main}, ",
        "33:7",
        "2 connections, expected 0 to 1",
    ),
    "connection to nowhere": (
        "energy_trunk: [{module_id: grid,",
        "energy_trunk: [{module_id: gird,",
        "112:34",
        "Did you mean 'grid'?",
    ),
    "wrong interface": (
        "auth: [{module_id: auth, implementation_id: main}]",
        "auth: [{module_id: auth, implementation_id: reservation}]",
        "91:51",
        "Of 'auth', 'main' fits.",
    ),
    "EVSE number": (
        "      connector_id: 2\n",
        "      connector_id: 1\n",
        "25:21",
        "for example 2",
    ),
    "EVSE mapping": (
        "{module: {evse: 0}}",
        "{module: {evse: 3}}",
        "115:30",
        "EVSEs of this site: 1, 2.",
    ),
    "YAML": (
        "active_modules:\n",
        "active_modules:\n\t",
        "3:1",
        "indented by spaces only",
    ),
}


def evsite(*arguments):
    return subprocess.run(
        [sys.executable, "-c", ENTRY, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=sites.ROOT,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_file_of_each_kind_ends_with_code_two(tmp_path, kind):
    old, new, place, advice = KINDS[kind]
    path = tmp_path / "site.yaml"
    path.write_bytes(sites.edited((old, new)))

    done = CliRunner().invoke(app, ["check", str(path)])

    assert (done.exit_code, done.stderr) == (2, "")
    assert f"{path}:{place}: error: " in done.stdout
    assert advice in done.stdout
    assert "\x1b" not in done.stdout


def test_a_good_file_ends_with_code_zero():
    assert evsite("check", sites.VECTORS / "everest-names.yaml").returncode == 0


def test_checking_takes_less_than_half_a_second_of_processor_time():
    spent = []
    for _ in range(3):
        before = os.times()
        evsite("check", sites.ROOT / "deploy" / "sil-2evse.yaml")
        after = os.times()
        spent.append(sum(after[2:4]) - sum(before[2:4]))  # of child processes

    assert min(spent) < 0.5


def test_the_command_line_imports_nothing_heavy():
    heavy = {"thespian", "pydantic", "rich", "jsonschema_rs", "cryptography", "asyncio"}
    code = f"import sys, actors.cli; print(*{heavy} & sys.modules.keys())"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=sites.ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == "\n"


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
@pytest.mark.parametrize(("file", "code"), [("deploy/sil-2evse.yaml", 0), ("nowhere.yaml", 2)])
def test_a_command_runs_whatever_standard_stream_is_closed(closed, file, code):
    redirections = " ".join(f"{number}>&-" for number in closed)

    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-c", ENTRY, "check", file],
        cwd=sites.ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip

    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert bool(done.stdout) is (1 not in closed)


def test_without_arguments_the_commands_are_listed():
    result = CliRunner().invoke(app, [])

    assert result.exit_code == 2
    for command in ("check", "init", "schema", "version"):
        assert f"\n  {command}" in result.output


def test_an_unknown_command_is_bad_input():
    assert CliRunner().invoke(app, ["chekc"]).exit_code == 2


def test_version_names_python_and_the_libraries():
    result = CliRunner().invoke(app, ["version"])

    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert lines[0] == f"evsite {metadata.version('evsite')}"
    assert lines[1].startswith(f"Python {sys.version.split()[0]} ")
    assert lines[2].startswith("platform ")
    assert dict(line.split() for line in lines[3:]) == {
        library: metadata.version(library) for library in dependencies()
    }


def dependencies():
    """What the project declares to stand on, by the names that it writes."""
    project = tomllib.loads((sites.ROOT / "pyproject.toml").read_text())["project"]
    return {re.match(r"[\w.-]+", line)[0] for line in project["dependencies"]}


def test_the_list_of_commands_cuts_no_sentence_short():
    result = CliRunner().invoke(app, [], terminal_width=80)

    assert "..." not in result.output.partition("Commands:")[2]


def test_the_script_is_installed_under_its_name():
    (script,) = metadata.entry_points(group="console_scripts", name="evsite")

    assert script.value == "actors.cli:main"
