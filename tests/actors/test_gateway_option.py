"""A Gateway by option: where it may be, and what becomes of the site file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer

from actors.config import check_site, load_site
from actors.gateway_option import PlaceError, gateway_of, place_of, with_gateway
from actors.run import load
from tests.support.sites import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from actors.config import Checked, SiteFile

FILE = ROOT / "deploy" / "minimal-ac.yaml"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("8080", ("127.0.0.1", 8080)), ("0", ("127.0.0.1", 0)), ("10.0.0.1:80", ("10.0.0.1", 80)),
        ("[::1]:8080", ("::1", 8080)), ("localhost:9", ("localhost", 9)),
    ],
)  # fmt: skip
def test_a_place_is_a_port_with_or_without_a_host(text: str, place: tuple[str, int]) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["", "http", ":80", "65536", "-1", "a:", "1:2:x"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(PlaceError):
        place_of(text)


def checked(text: str, host: str = "127.0.0.1", port: int = 9) -> Checked:
    """A site file, checked with its Gateway there."""
    return check_site(text.encode(), "site.yaml", lambda root: with_gateway(root, host, port))


def site_of(text: str, host: str = "127.0.0.1", port: int = 9) -> SiteFile:
    found = checked(text, host, port)
    assert found.site is not None, found.problems
    return found.site


def test_a_site_without_a_gateway_gets_one_and_keeps_the_rest() -> None:
    before = load_site(FILE)
    assert gateway_of(before) is None

    after = site_of(FILE.read_text())

    assert set(after.modules) - set(before.modules) == {"gateway"}
    assert after.modules["gateway"].parameters["port"] == 9
    assert {name: entry.parameters for name, entry in after.modules.items() if name in before.modules} == {
        name: entry.parameters for name, entry in before.modules.items()
    }


@pytest.mark.parametrize(
    "module",
    [
        "{module: Gateway}",
        "{module: API}",
        "{module: Gateway, config_module: }",
        "{module: Gateway, config_module: {port: 1, host: 127.0.0.1}}",
    ],
)
def test_a_gateway_that_is_there_is_moved(module: str) -> None:
    text = f"{FILE.read_text()}\n  door: {module}\n"

    site = site_of(text, "::1", 10)

    assert gateway_of(site) == "door"
    assert set(site.modules) == {*load_site(FILE).modules, "door"}
    parameters = site.modules["door"].parameters
    assert (parameters["host"], parameters["port"]) == ("::1", 10)


def test_what_else_its_gateway_is_told_stays() -> None:
    text = f"{FILE.read_text()}\n  door: {{module: Gateway, config_module: {{max_rate: 7}}}}\n"

    assert site_of(text).modules["door"].parameters["max_rate"] == 7


def test_a_name_that_is_taken_is_given_to_nobody_else() -> None:
    text = (
        FILE.read_text().replace("  auth:", "  gateway:").replace("module_id: auth\n", "module_id: gateway\n")
    )

    assert gateway_of(site_of(text)) == "gateway_2"


def test_a_place_that_strangers_reach_is_refused_as_in_the_file() -> None:
    found = checked(FILE.read_text(), "0.0.0.0")  # that is what is refused

    assert found.site is None
    assert "other machines can reach this address" in "\n".join(map(str, found.problems))


ROLE = "\n  judge: {module: ExternalValidator}\n"


def test_a_role_without_a_gateway_is_good_with_one_by_option() -> None:
    text = FILE.read_text() + ROLE
    assert check_site(text.encode(), "site.yaml").site is None

    assert {"judge", "gateway"} <= set(site_of(text).modules)


def test_a_start_with_the_option_takes_a_role_without_a_gateway(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(FILE.read_text() + ROLE)

    assert gateway_of(load(file, "0")) == "gateway"
    with pytest.raises(typer.Exit):
        load(file)
    assert "start the site with --gateway" in capsys.readouterr().err


def test_warnings_say_where_they_stand_in_the_file() -> None:
    """Also when the Gateway was added: nothing is read anew from another text."""
    wire = "{module_id: car_1, implementation_id: ev_manager}"
    text = f"{FILE.read_text()}\n  api: {{module: EvAPI, connections: {{ev_manager: [{wire}]}}}}\n"
    before = check_site(text.encode(), "site.yaml")

    assert before.problems
    assert checked(text).problems == before.problems


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "active_modules: 1",
        "active_modules: {a: 1}",
        "active_modules: {a: {module: [Gateway]}}",
        "active_modules: {a: {module: Gateway, config_module: []}}",
        "active_modules: {a: {module: Gateway, config_module: 1}}",
    ],
)
def test_what_is_no_site_file_is_refused_as_without_the_option(text: str) -> None:
    before = {each.text for each in check_site(text.encode(), "site.yaml").problems}
    assert before

    assert before <= {each.text for each in checked(text).problems}
