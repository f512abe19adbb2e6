"""A Gateway by option: where it may be, and what becomes of the site file."""

from __future__ import annotations

import pytest

from actors.config import check_site, load_site
from actors.gateway_option import PlaceError, gateway_of, place_of, with_gateway
from tests.support.sites import ROOT

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


def test_a_site_without_a_gateway_gets_one_and_keeps_the_rest() -> None:
    before = load_site(FILE)
    assert gateway_of(before) is None

    after = with_gateway(before, "127.0.0.1", 9).site

    assert after is not None
    assert set(after.modules) - set(before.modules) == {"gateway"}
    assert after.modules["gateway"].parameters["port"] == 9
    assert {name: entry.parameters for name, entry in after.modules.items() if name in before.modules} == {
        name: entry.parameters for name, entry in before.modules.items()
    }


def test_a_gateway_that_is_there_is_moved() -> None:
    first = with_gateway(load_site(FILE), "127.0.0.1", 9).site
    assert first is not None

    second = with_gateway(first, "::1", 10).site

    assert second is not None
    assert set(second.modules) == set(first.modules)
    assert second.modules["gateway"].parameters["host"] == "::1"


def test_a_name_that_is_taken_is_given_to_nobody_else() -> None:
    text = (
        FILE.read_text().replace("  auth:", "  gateway:").replace("module_id: auth\n", "module_id: gateway\n")
    )
    site = check_site(text.encode(), "site.yaml").site
    assert site is not None

    after = with_gateway(site, "127.0.0.1", 9).site

    assert after is not None
    assert gateway_of(after) == "gateway_2"


def test_a_place_that_strangers_reach_is_refused_as_in_the_file() -> None:
    checked = with_gateway(load_site(FILE), "0.0.0.0", 9)  # that is what is refused

    assert checked.site is None
    assert "other machines can reach this address" in "\n".join(map(str, checked.problems))
