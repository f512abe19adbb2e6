"""The table of docs/everest-users.md, from the catalog. `python -m tests.support.everest_page` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from actors.catalog import CATALOG

PAGE: Final = Path(__file__).parents[2] / "docs" / "everest-users.md"
BEGIN: Final = "<!-- table: python -m tests.support.everest_page -->\n"
END: Final = "<!-- end of table -->\n"


def table() -> str:
    """A row for each module of the catalog."""
    manifests = {manifest.name: manifest for manifest in CATALOG.values()}
    lines = ["| in a site file | accepted for it | actor | what it is |", "|---|---|---|---|"]
    for name, one in manifests.items():
        others = ", ".join(f"`{each}`" for each in (*one.stands_for, *one.old_names, *one.own_names))
        actor = "comes later" if one.actor is None else f"`{one.actor.partition(':')[2]}`"
        lines.append(f"| `{name}` | {others} | {actor} | {one.meaning} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The table that stands on the page."""
    return page.partition(BEGIN)[2].partition(END)[0]


if __name__ == "__main__":
    text = PAGE.read_text()
    PAGE.write_text(text.replace(BEGIN + written(text) + END, BEGIN + table() + END))
