"""The rules of the design and the house style that a machine can check."""

import ast
import importlib
import importlib.metadata
import re
import subprocess
import tokenize
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from actors.catalog import CATALOG, external
from actors.catalog.manifest import EVEREST_INTERFACES
from actors.engine.base import SiteActor
from actors.engine.supervisor import load
from protocols import interfaces
from protocols.interface import everest_name
from protocols.message import Command, snake_case

ROOT = Path(__file__).parents[1]
PACKAGES = ("actors", "certs", "protocols")
MAX_LINES = 350

pytestmark = pytest.mark.untraced

LONG = {
    "protocols/types/iso15118.py": "mirrors one EVerest types file",
    "protocols/types/evse_manager.py": "mirrors one EVerest types file",
    "protocols/types/ocpp.py": "mirrors one EVerest types file",
    "protocols/interfaces/iso15118_charger.py": "mirrors one EVerest interface",
}
"""Modules that may be longer than MAX_LINES, and why; others say "One file because" in their docstring."""

TESTED_ELSEWHERE = {
    "protocols/types/": "tests/protocols/test_conformance.py and test_round_trip.py",
    "protocols/interfaces/": "tests/protocols/test_conformance.py and test_round_trip.py",
    "actors/start.py": "tests/actors/test_join.py, test_run.py and test_look.py",
    "actors/engine/conversation.py": "tests/actors/engine/test_base_asks.py and test_base_publishing.py",
    "actors/engine/handling.py": "tests/actors/engine/test_base.py",
    "actors/engine/tree.py": "tests/actors/engine/test_supervisor.py",
    "actors/engine/supervision_spec.py": "tests/actors/engine/test_supervision.py",
    "protocols/iso15118/din/": "tests/protocols/iso15118/test_din.py: declarations, tested as a schema",
    "protocols/iso15118/iso2/": "tests/protocols/iso15118/test_iso2.py: declarations, tested as a schema",
    "protocols/iso15118/iso20/": "tests/protocols/iso15118/test_iso20.py: declarations, tested as schemas",
    "actors/auth/entries.py": "tests/actors/auth/test_state.py: declarations",
    "actors/auth/inputs.py": "tests/actors/auth/test_desk.py: declarations",
    "actors/auth/messages.py": "tests/actors/auth/test_auth_actor.py: declarations",
    "actors/connector/demand.py": "tests/actors/connector/test_contactor.py and test_output.py: each gate",
    "actors/connector/exchange.py": "tests/actors/connector: declarations",
    "actors/connector/messages.py": "tests/actors/connector: declarations",
    "actors/connector/state.py": "tests/actors/connector/test_machine.py: what the machines work on",
    "actors/demo/report.py": "tests/actors/demo/test_crash.py, with what it reports on",
    "actors/demo/": "tests/scenarios/test_demo.py, over real processes",
    "actors/drivers/base/": "tests/actors/drivers/base/test_drivers.py, all together",
    "actors/drivers/messages.py": "tests/actors/drivers/base/test_drivers.py: declarations",
    "actors/simulation/car/messages.py": "tests/actors/simulation/car/test_program.py: declarations",
    "actors/simulation/car/car_v2g_actor.py": "tests/scenarios/test_site_charging.py, over real sockets",
    "actors/evse/upkeep.py": "tests/actors/test_site.py",
    "actors/gateway/bridge.py": "tests/actors/gateway/test_door.py and test_door_thread.py",
    "actors/gateway/effects.py": "tests/actors/gateway/test_hub.py: declarations",
    "actors/gateway/listener.py": "tests/actors/gateway/test_door.py, over real sockets",
    "actors/gateway/messages.py": "tests/actors/gateway/test_gateway_actor.py: declarations",
    "actors/gateway/peers.py": "tests/actors/gateway/test_hub.py: what the hub knows of connections",
    "actors/gateway/role_messages.py": "tests/actors/gateway/test_role_actor.py: declarations",
    "actors/gateway/questions.py": "tests/actors/gateway/test_running.py: programs that are asked",
    "actors/simulation/csms/effects.py": "tests/actors/simulation/csms/test_server.py: declarations",
    "actors/simulation/plant/messages.py": "tests/actors/simulation/plant/test_hardware.py: declarations",
    "actors/simulation/drivers/": "tests/actors/simulation/drivers/test_drivers.py, all at one plant",
    "actors/evse/exchange.py": "tests/actors/evse: declarations",
    "actors/evse/plugs.py": "tests/actors/evse/test_phases.py, as part of a session",
    "actors/evse/record.py": "tests/support/evse.py sends every record through the codec",
    "actors/evse/sessions.py": "tests/actors/evse/test_phases.py",
    "actors/evse/evse_supervisor.py": "tests/actors/test_site.py: a Branch",
    "actors/display/messages.py": "tests/actors/display: declarations",
    "actors/ocpp/block.py": "tests/actors/ocpp/test_charge_point.py: declarations",
    "actors/ocpp/blocks/metering_": "tests/actors/ocpp/blocks/test_metering.py, as one block",
    "actors/ocpp/blocks/transaction_": "tests/actors/ocpp/blocks/test_transactions.py, as one block",
    "actors/ocpp/entries.py": "tests/actors/ocpp/test_queue.py: declarations",
    "actors/ocpp/inputs.py": "tests/actors/ocpp/test_charge_point.py: declarations",
    "actors/ocpp/live.py": "tests/actors/ocpp/test_queue.py and test_charge_point.py",
    "actors/ocpp/messages.py": "tests/actors/ocpp/test_csms_link_actor.py: declarations",
    "actors/ocpp/settings.py": "tests/actors/ocpp/test_charge_point.py: declarations",
    "actors/ocpp/turn.py": "tests/actors/ocpp/test_charge_point.py and test_queue.py: what blocks work on",
    "actors/system/entries.py": "tests/actors/system/test_system_actor.py: declarations",
    "actors/system/firmware.py": "tests/actors/system/test_system_actor.py, with the actor it is a part of",
    "actors/system/linux_system_actor.py": "tests/actors/system/test_system_actor.py",
    "actors/system/messages.py": "tests/actors/system/test_system_actor.py: declarations",
    "actors/system/outcome.py": "tests/actors/system/test_jobs.py: an enum",
    "actors/system/station.py": "tests/actors/system/test_system_actor.py, with the actor it is a part of",
    "actors/v2g/messages.py": "tests/actors/v2g/test_link_actor.py: declarations",
    "actors/v2g/upkeep.py": "tests/actors/v2g/test_link_actor.py: data",
    "actors/v2g/secc/exchange.py": "tests/actors/v2g/test_parcel.py: declarations",
    "actors/v2g/secc/preparation.py": "tests/actors/v2g/test_session_actor.py",
    "actors/v2g/secc/settings.py": "tests/actors/v2g/test_session_actor.py: declarations",
    "actors/v2g/secc/": "tests/actors/v2g/secc: the core is tested as a whole, protocol by protocol",
    "actors/engine/messages.py": "tests/actors/engine/test_messages_round_trip.py",
}
"""Modules without a test file of their own, by the start of their path, and where they are tested."""

ALL = "every command"

WAIVER = re.compile(r"noqa|type: ignore|fmt: off|pragma")
WAIVER_WITH_REASON = re.compile(r"(noqa: [A-Z0-9, ]+|ignore\[[a-z-, ]+\]|pragma: .+?)  # \S")

WORLDLY = {"asyncio", "select", "selectors", "socket", "subprocess", "threading", "time", "os", "signal"}
"""What a module that only decides does not import."""

SHELLS = {
    "actors/engine/tracing.py": "writes a file, says at what time",
    "actors/certificates/doctor_mends.py": "changes modes of files",
    "actors/certificates/pki_files.py": "writes hierarchies to disk",
    "actors/cli.py": "opens the standard streams",
    "actors/config/commands.py": "writes a file whole or not at all",
    "actors/config/loader.py": "reads the site file",
    "actors/demo/commands.py": "a command: looks whether a port is free",
    "actors/demo/backend.py": "starts the simulated back-end",
    "actors/demo/crash_escort.py": "kills processes, and measures how soon they are back",
    "actors/drivers/modbus/line.py": "sockets and serial lines",
    "actors/engine/admin.py": "a process: its signals",
    "actors/engine/chaos.py": "sends signals on request",
    "actors/engine/client.py": "waits for answers from outside the tree",
    "actors/engine/clock.py": "the clock that everybody else is given",
    "actors/engine/faults.py": "does to processes what a fault rule says",
    "actors/engine/incoming.py": "sockets",
    "actors/engine/journal/": "files and their locks",
    "actors/engine/log.py": "writes log lines",
    "actors/engine/manager.py": "a process: its signals",
    "actors/engine/outgoing.py": "sockets",
    "actors/engine/poller.py": "waits for descriptors",
    "actors/engine/port.py": "what an actor may ask of its process",
    "actors/engine/processes.py": "forks, signals, /proc",
    "actors/engine/replicator.py": "forks",
    "actors/engine/supervisor.py": "names the signals it asks its port for",
    "actors/engine/system.py": "starts and ends processes",
    "actors/engine/transport.py": "waits for the poller",
    "actors/engine/wiring.py": "resolves host names",
    "actors/exits.py": "watches standard output",
    "actors/life.py": "a part of a command: signals, waiting",
    "actors/log_file.py": "a file",
    "actors/logs.py": "writes log lines",
    "actors/look.py": "a command: signals, and a pause between two looks",
    "actors/run.py": "a command: processes, signals, waiting",
    "actors/gateway/access.py": "tokens, keys and notes are files",
    "actors/gateway/bridge.py": "an event file between a thread and its actor",
    "actors/gateway/client.py": "a socket, and a thread that reads it",
    "actors/gateway/door.py": "serves sockets in a loop of its own",
    "actors/gateway/door_thread.py": "a thread",
    "actors/gateway/gateway_actor.py": "sends signals on request",
    "actors/gateway/listener.py": "sockets",
    "actors/gateway/opening.py": "a socket that listens",
    "actors/ocpp/charge_point_actor.py": "asks the kernel for its session",
    "actors/ocpp/link/line.py": "the socket to the CSMS",
    "actors/ocpp/link/resolver.py": "a thread for the resolver, which blocks",
    "actors/ocpp/message_log_files.py": "files and a thread",
    "actors/service.py": "the socket of the service manager",
    "actors/simulation/csms/": "a program of its own: sockets, files, signals",
    "actors/simulation/drivers/meter_key.py": "the file of a meter's key",
    "actors/simulation/ev/link.py": "sockets",
    "actors/simulation/ev/runner.py": "drives a car's core with a clock and sockets",
    "actors/state_directory.py": "files",
    "actors/system/errand.py": "a helper process: files, servers, programs",
    "actors/system/helper.py": "starts helper processes",
    "actors/system/linux_system_actor.py": "the clock of the machine",
    "actors/system/station.py": "asks the kernel for its session",
    "actors/join.py": "a command: a state directory, what is printed",
    "actors/watch.py": "a command: a connection, files, pauses between two looks",
    "actors/v2g/link/": "sockets and files of the link to the car",
    "certs/examination/inspection.py": "looks at files",
    "certs/store/": "the certificate directories",
}
"""Modules that touch the world, by the start of their path, and what for; every other one is a core."""

LONG_FUNCTIONS = {
    "actors/ocpp/blocks/transaction_events.py:tell": "the fields of one event, and what of it is told once",
    "actors/simulation/ev/commands.py:ev": "a command's options are its parameters",
    "actors/simulation/csms/commands.py:csms": "a command's options are its parameters",
    "actors/simulation/replay/commands.py:replay": "a command's options are its parameters",
}
"""Functions of more than MAX_FUNCTION_LINES, and why."""
MAX_FUNCTION_LINES = 40

UNPICKLING = {
    "pickle",
    "_pickle",
    "marshal",
    "shelve",
    "copyreg",
    "dill",
    "cloudpickle",
    "jsonpickle",
    "joblib",
}
PICKLERS = {
    "actors/engine/control.py": "the control channel: a closed list of classes, behind the frames' seal",
    "actors/engine/transport.py": "catches the error of the control channel",
}
"""Who may import anything that unpickles."""
UNSAFE_YAML = {"load", "load_all", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all", "Loader"}
UNSAFE_YAML |= {"UnsafeLoader", "FullLoader", "CLoader", "CUnsafeLoader", "CFullLoader"}

UNSUPPORTED = {
}  # fmt: skip
"""Commands of available modules that are answered with Failure, reason Unsupported. Whoever makes one work
takes it off here, and nothing is added.
"""

FORWARDED = dict.fromkeys(
    ("EvseV2G", "Evse15118D20", "IsoMux"), "the link feeds every command of its interfaces to its session"
) | {
    "EvseManager": "its core has them in a table, and a test that none is missing",
    **dict.fromkeys((each.name for each in external.MANIFESTS), "every command goes to a program"),
}
"""Modules whose commands have no handler each."""


@cache
def product_files() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    paths = [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]
    return tuple(path for path in paths if path.parts[0] in PACKAGES)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


@cache
def imports_of(path: Path) -> set[str]:
    """Every module a file imports, in full."""
    found: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(path)}


def docstring(path: Path) -> str:
    return ast.get_docstring(tree_of(path)) or ""


RULES: list[Callable[[Path], None]] = []
"""What each module keeps to. They are gone through module by module: a test each takes ten times as long."""


def rule(check: Callable[[Path], None]) -> Callable[[Path], None]:
    RULES.append(check)
    return check


@pytest.mark.parametrize("path", product_files(), ids=str)
def test_a_module_keeps_to_every_rule(path):
    broken = []
    for check in RULES:
        try:
            check(path)
        except AssertionError as error:
            broken.append(f"{check.__name__}: {error}")

    assert not broken


@rule
def only_the_engine_imports_thespian(path):
    inside = path.parts[:2] == ("actors", "engine")

    assert inside or "thespian" not in tops(path)


@rule
def protocols_and_certs_do_not_import_what_stands_above(path):
    forbidden = {"actors": set(), "certs": {"actors"}, "protocols": {"actors", "certs"}}[path.parts[0]]

    assert not tops(path) & forbidden


def is_shell(path):
    return any(str(path).startswith(start) for start in SHELLS)


@rule
def a_module_touches_the_world_only_if_it_is_a_shell(path):
    assert is_shell(path) or not tops(path) & WORLDLY


@rule
def a_module_that_calls_itself_pure_is_no_shell(path):
    calls_itself_pure = re.search(r"\bPure\b|\bsans-IO\b", docstring(path))

    assert not (calls_itself_pure and tops(path) & WORLDLY)


@pytest.mark.parametrize("start", SHELLS)
def test_a_shell_still_touches_the_world(start):
    assert any(str(path).startswith(start) and tops(path) & WORLDLY for path in product_files())


def names_of_yaml(path):
    """What a file takes out of yaml, by import or by attribute."""
    used = {name.removeprefix("yaml.") for name in imports_of(path) if name.startswith("yaml.")}
    aliases = {
        alias.asname or alias.name
        for node in nodes_of(path)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "yaml"
    }
    return used | {
        node.attr
        for node in nodes_of(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases
    }


@rule
def only_the_control_channel_unpickles(path):
    assert str(path) in PICKLERS or not tops(path) & UNPICKLING
    assert not names_of_yaml(path) & UNSAFE_YAML


def test_outside_the_control_channel_only_an_error_of_pickle_is_named():
    attributes = {
        node.attr
        for node in ast.walk(tree_of(Path("actors/engine/transport.py")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pickle"
    }

    assert attributes == {"UnpicklingError"}
    assert not any(name.startswith("pickle.") for name in imports_of(Path("actors/engine/transport.py")))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from pickle import loads", True),
        ("import pickle as p", True),
        ("import marshal", True),
        ("def f():\n    import shelve", True),
        ("import yaml\nyaml.load(x, y)", True),
        ("import yaml as y\ny.unsafe_load(x)", True),
        ("from yaml import full_load", True),
        ("import yaml\nyaml.safe_load(x)", False),
        ("import json\njson.loads(x)", False),
    ],
)
def test_the_search_for_unpickling_finds_its_disguises(tmp_path, code, found):
    path = tmp_path / "module.py"
    path.write_text(code)

    assert bool(tops(path) & UNPICKLING or names_of_yaml(path) & UNSAFE_YAML) is found


@rule
def nothing_is_evaluated(path):
    called = {
        node.func.id
        for node in nodes_of(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    generators = {Path("protocols/iso15118/exi/source.py"), Path("protocols/record.py")}

    # these two compile code that is made from our declarations
    assert path in generators or not called & {"eval", "exec"}


@rule
def a_waiver_has_its_reason_on_the_line(path):
    bare = []
    with tokenize.open(ROOT / path) as file:
        for token in tokenize.generate_tokens(file.readline):
            waiver = token.type == tokenize.COMMENT and WAIVER.search(token.string)
            if waiver and not WAIVER_WITH_REASON.search(token.string):
                bare.append(f"{path}:{token.start[0]}: {token.string}")

    assert not bare


@rule
def nothing_is_left_to_do_for_nobody(path):
    assert not re.search(
        r"\b(TODO|FIXME|XXX|NotImplementedError)\b", (ROOT / path).read_text(encoding="utf-8")
    )


@rule
def the_product_reads_nothing_outside_its_tree(path):
    assert "../shared" not in (ROOT / path).read_text(encoding="utf-8")


@rule
def a_module_is_short_or_says_why_it_is_not(path):
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")

    assert lines <= MAX_LINES or str(path) in LONG or "One file because" in docstring(path)


def functions_of(path):
    """Every function with its number of lines, signature and docstring included."""
    return [
        (f"{path}:{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for node in nodes_of(path)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


@rule
def a_function_is_short_or_a_reason_is_known(path):
    long = {name for name, lines in functions_of(path) if lines > MAX_FUNCTION_LINES}

    assert long <= LONG_FUNCTIONS.keys()


@pytest.mark.parametrize("name", LONG_FUNCTIONS)
def test_a_function_that_may_be_long_still_is(name):
    lines = dict(functions_of(Path(name.partition(":")[0])))

    assert lines[name] > MAX_FUNCTION_LINES


@rule
def a_module_has_a_test_file_of_its_own(path):
    if path.name == "__init__.py" or not any(
        isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in tree_of(path).body
    ):
        return
    mirrored = ROOT / "tests" / path.parent / f"test_{path.name}"
    covered = [where for start, where in TESTED_ELSEWHERE.items() if str(path).startswith(start)]

    assert mirrored.exists() or covered, f"{mirrored.relative_to(ROOT)} is missing"


def test_what_is_tested_elsewhere_still_exists():
    assert all(any(str(path).startswith(start) for path in product_files()) for start in TESTED_ELSEWHERE)


def test_what_may_be_long_still_is():
    for name in LONG:
        assert (ROOT / name).read_text(encoding="utf-8").count("\n") > MAX_LINES


def test_file_names_are_plain_ascii():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30
    ).stdout

    assert listed.isascii()


@pytest.mark.parametrize("name", PACKAGES)
def test_our_packages_are_really_ours(name):
    found = importlib.import_module(name)

    assert found.__file__ is not None
    assert Path(found.__file__).parent == ROOT / name


def test_thespian_is_the_version_whose_defects_are_repaired():
    assert importlib.metadata.version("thespian") == "4.0.1"


def test_the_catalog_and_the_messages_know_the_same_interfaces():
    assert set(interfaces.load_all()) == EVEREST_INTERFACES


def actor_classes() -> list[type[SiteActor]]:
    """Every actor class of the product."""
    found = []
    for path in product_files():
        if path.parts[0] != "actors" or path.name == "pytest_plugin.py":
            continue
        module = importlib.import_module(".".join(path.with_suffix("").parts))
        found += [
            member
            for member in vars(module).values()
            if isinstance(member, type)
            and issubclass(member, SiteActor)
            and member.__module__ == module.__name__
        ]
    return found


@pytest.mark.parametrize("kind", actor_classes(), ids=lambda kind: kind.__name__)
def test_an_actor_says_what_its_successor_recovers(kind):
    assert "successor" in (kind.__doc__ or "")


@pytest.mark.parametrize("kind", actor_classes(), ids=lambda kind: kind.__name__)
def test_a_handler_is_named_after_its_command(kind):
    for command, name in kind._handlers.items():
        if issubclass(command, Command) and command.__module__.startswith("protocols.interfaces."):
            own = snake_case(command.__qualname__)
            # a driver may serve several interfaces at once, and four of them have a `reset`; every actor has
            # the engine's `stop` and `restart`, and the interface ocpp has them as well
            several = kind.__module__.startswith(
                ("actors.drivers.", "actors.simulation.drivers.", "actors.ocpp.")
            )
            assert name == f"handle_{own}" or (several and name.endswith(f"_{own}"))


@pytest.mark.parametrize(
    "manifest", [each for each in CATALOG.values() if each.available], ids=lambda each: each.name
)
def test_the_actor_of_an_available_module_can_be_loaded(manifest):
    assert issubclass(load(manifest.actor.replace(":", ".")), SiteActor)


AVAILABLE = [each for each in CATALOG.values() if each.available and each.name not in FORWARDED]


@pytest.mark.parametrize("manifest", AVAILABLE, ids=lambda each: each.name)
def test_every_command_a_module_claims_has_a_handler_or_is_listed(manifest):
    # given
    handled = load(manifest.actor.replace(":", "."))._handlers
    known = interfaces.load_all()  # the car's side of a simulated device is not among EVerest's
    faces = {
        each.interface: known[each.interface]
        for each in manifest.provides.values()
        if each.interface in known
    }

    # when
    missing = {
        name: {everest_name(command) for command in face.commands.values() if command not in handled}
        for name, face in faces.items()
    }

    # then
    listed = UNSUPPORTED.get(manifest.name, {})
    assert {name: commands for name, commands in missing.items() if commands} == {
        name: {everest_name(command) for command in faces[name].commands.values()} if some == ALL else some
        for name, some in listed.items()
    }


def test_what_is_listed_as_unsupported_belongs_to_available_modules():
    assert UNSUPPORTED.keys() | FORWARDED.keys() <= {each.name for each in CATALOG.values() if each.available}
