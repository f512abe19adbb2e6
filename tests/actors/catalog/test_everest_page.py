"""The page for users of EVerest has every module of the catalog, as the catalog has it."""

from __future__ import annotations

from tests.support.everest_page import PAGE, table, written


def test_the_page_has_every_module_with_its_actor() -> None:
    assert written(PAGE.read_text()) == table(), "write it anew: python -m tests.support.everest_page"
