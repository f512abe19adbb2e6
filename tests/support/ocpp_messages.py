"""The table of OCPP messages in docs/ocpp-messages.md, drawn from the blocks and from the tests.

python -m tests.support.ocpp_messages > docs/ocpp-messages.md
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from actors.ocpp.blocks import BLOCKS
from protocols.ocpp import schemas
from protocols.ocpp.version import Version

VERSIONS = (Version.V201, Version.V21)
ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "ocpp-messages.md"
BLOCK_FILES = ROOT / "actors" / "ocpp" / "blocks"
TEST_FILES = ROOT / "tests" / "actors" / "ocpp" / "blocks"
HEAD = """# Messages of OCPP 2.0.1 and 2.1

Made by `python -m tests.support.ocpp_messages` from the blocks and the tests; a test compares. "To us" are
requests of the CSMS that a block answers, "by us" are requests of the station. One set of types serves both
versions; what 2.0.1 does not know is left out towards a 2.0.1 CSMS. Every frame, both ways, is checked with
the schemas.

| message | direction | 2.0.1 | 2.1 | block | tests |
|---|---|---|---|---|---|
"""
REST = """
## Not served

A request of the CSMS with one of these actions is answered with CALLERROR `NotSupported`; any action that is
not in the schemas of the agreed version with `NotImplemented`.

"""


def served() -> dict[str, str]:
    """By action of the CSMS: the module of the block that answers it."""
    return {kind.__name__: _module(handler) for block in BLOCKS for kind, handler in block.requests.items()}


def _module(handler: object) -> str:
    module = inspect.getmodule(handler)
    assert module is not None
    return module.__name__.rpartition(".")[2]


def sent() -> dict[str, str]:
    """By action of ours: the modules that make its request."""
    found: dict[str, list[str]] = {}
    for file in sorted(BLOCK_FILES.glob("*.py")):
        for action in _made(file):
            found.setdefault(action, []).append(file.stem)
    return {action: ", ".join(dict.fromkeys(modules)) for action, modules in found.items()}


def _made(file: Path) -> Iterator[str]:
    """The requests that a module constructs."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and _is_request(node.func):
            yield node.func.attr


def _is_request(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "call"


MAKERS = {"tests.support.ocpp_firmware": "UpdateFirmware"}
"""Support modules whose `request` makes a message."""


@cache
def _texts() -> dict[str, str]:
    return {file.stem: file.read_text() for file in sorted(TEST_FILES.glob("test_*.py"))}


def tests_of(action: str) -> list[str]:
    """The test modules that make or look for such a message, or have the support of their block make it."""
    marks = (f"call.{action}(", f'"{action}"', f"call_result.{action}(")
    marks += tuple(f"{module} import" for module, made in MAKERS.items() if made == action)
    return [stem for stem, text in _texts().items() if any(mark in text for mark in marks)]


def rows() -> Iterator[str]:
    """The lines of the table."""
    for direction, actions in (("to us", served()), ("by us", sent())):
        for action, block in sorted(actions.items()):
            known = (
                "yes" if action in schemas.actions(each) else "-" for each in (Version.V201, Version.V21)
            )
            yield f"| {' | '.join((action, direction, *known, block, ', '.join(tests_of(action))))} |"


def unserved() -> list[str]:
    """Actions that are in the schemas, and that the station neither answers nor sends."""
    known = schemas.actions(Version.V201) | schemas.actions(Version.V21)
    return sorted(known - served().keys() - sent().keys())


def document() -> str:
    """The whole page."""
    return HEAD + "\n".join(rows()) + "\n" + REST + ", ".join(unserved()) + ".\n"


if __name__ == "__main__":
    sys.stdout.write(document())
