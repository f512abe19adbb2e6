"""How many EVSEs and Auths OCPP201 is connected to, by `evsite check`: rows S9.1 and S11.1."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml

from tests.support.running_site import COMMAND, ROOT

pytestmark = pytest.mark.timeout(150)


def wire(module: str, implementation: str = "main") -> list[dict[str, str]]:
    return [{"module_id": module, "implementation_id": implementation}]


def site(evses: int, *, auths: int = 1) -> dict[str, Any]:
    """A site with so many EVSEs, each the business of a program, and as many wires from OCPP201 to Auth."""
    modules: dict[str, Any] = {
        f"evse_{each}": {"module": "ExternalEvseManager", "mapping": {"module": {"evse": each}}}
        for each in range(1, evses + 1)
    }
    managers = [wire(name, "evse")[0] for name in modules]
    auth = {
        "token_provider": wire("ocpp", "auth_provider"),
        "token_validator": wire("ocpp", "auth_validator"),
        "evse_manager": managers,
    }
    required = {
        "evse_manager": managers,
        "auth": wire("auth") * auths,
        "reservation": wire("auth", "reservation"),
        "system": wire("system"),
        "security": wire("certificates"),
    }
    return modules | {
        "auth": {"module": "Auth", "config_module": {"connection_timeout": 60}, "connections": auth},
        "system": {"module": "System"},
        "certificates": {"module": "EvseSecurity"},
        "gateway": {"module": "Gateway"},
        "ocpp": {"module": "OCPP201", "connections": required},
    }


SITES = {
    "no EVSE": site(0),
    "128 EVSEs": site(128),
    "129 EVSEs": site(129),
    "no Auth": site(1, auths=0),
    "one Auth": site(1),
    "two Auths": site(1, auths=2),
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """By name of the site: exit code and text of `evsite check`; all at once, for each takes a second."""
    directory = tmp_path_factory.mktemp("checked")
    running = {}
    for name, modules in SITES.items():
        file = directory / f"{name}.yaml"
        file.write_text(yaml.safe_dump({"active_modules": modules}), encoding="utf-8")
        running[name] = subprocess.Popen(
            [*COMMAND, "check", str(file)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    outputs = {name: process.communicate(timeout=120)[0] for name, process in running.items()}
    return {name: (process.returncode, outputs[name]) for name, process in running.items()}


@pytest.mark.rows("S9.1")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("no EVSE", "ocpp.connections.evse_manager: this connection is missing"),
        ("128 EVSEs", ""),
        ("129 EVSEs", "ocpp.connections.evse_manager: 129"),
    ],
)
def test_one_to_128_evses_share_one_connection(
    checked: dict[str, tuple[int, str]], name: str, error: str
) -> None:
    code, text = checked[name]

    assert code == (2 if error else 0), text
    assert error in text


@pytest.mark.rows("S11.1")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("no Auth", "ocpp.connections.auth: this connection is missing"),
        ("one Auth", ""),
        ("two Auths", "ocpp.connections.auth: 2"),
    ],
)
def test_just_one_auth_is_connected(checked: dict[str, tuple[int, str]], name: str, error: str) -> None:
    code, text = checked[name]

    assert code == (2 if error else 0), text
    assert error in text
