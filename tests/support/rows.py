"""Which test over real sockets shows which row of the requirements.

    @pytest.mark.rows("S3.7", "S3.9")
    def test_...

`python -m tests.support.rows` writes docs/rows.md from these marks.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "rows.md"
SECTIONS: Final = {
    "S1": (4, "Scope of Plug & Charge"),
    "S2": (14, "Step 0: certificates, and the commands of evse_security"),
    "S3": (16, "Steps 1 to 6: the messages of Plug & Charge"),
    "S4": (10, "Configuration of Plug & Charge"),
    "S8": (22, "Provided by OCPP201"),
    "S9": (21, "Required of evse_manager"),
    "S10": (3, "Required of connector_zero_sink"),
    "S11": (4, "Required of auth"),
    "S12": (12, "Required of system"),
    "S13": (14, "Required of evse_security"),
    "S18": (10, "Certificate management"),
}
"""By section of the requirements: how many rows it has, and what it is about."""
ROWS: Final = tuple(f"{name}.{row}" for name, (rows, _) in SECTIONS.items() for row in range(1, rows + 1))
ELSEWHERE: Final[Mapping[str, str]] = {}
"""Rows that no test over real sockets shows, and why."""
HEAD: Final = """\
# Rows and the tests that show them

For each row of the requirements that the whole site answers for: the tests in `tests/scenarios/` that show it
from outside, over real sockets and processes. Written by `python -m tests.support.rows`; a test holds it to
their marks.
"""


def marked() -> Iterator[tuple[str, str]]:
    """Row and test, in the order of files and lines."""
    for path in sorted((ROOT / "tests" / "scenarios").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for row in _rows_of(node):
                    yield row, f"{path.stem}::{node.name}"


def _rows_of(test: ast.FunctionDef) -> Iterator[str]:
    for each in test.decorator_list:
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "rows":
            yield from (str(ast.literal_eval(argument)) for argument in each.args)


def page() -> str:
    """The page as it must be."""
    tests: dict[str, list[str]] = {}
    for row, test in marked():
        tests.setdefault(row, []).append(test)
    lines = [HEAD]
    for name, (rows, about) in SECTIONS.items():
        lines += [f"## {name} {about}\n", "| Row | Shown by |", "|---|---|"]
        for row in (f"{name}.{number}" for number in range(1, rows + 1)):
            shown = ", ".join(f"`{each}`" for each in tests.get(row, ()))
            lines.append(f"| {row} | {shown or ELSEWHERE.get(row, '-')} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
