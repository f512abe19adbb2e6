"""The EXI vectors as a table: tests/vectors/exi, one JSON object a line (see its README)."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from protocols.iso15118 import exi

FOLDER = pathlib.Path(__file__).parents[1] / "vectors" / "exi"
FILES = tuple(
    sorted(path.name for path in FOLDER.glob("*.jsonl") if path.name not in ("negative.jsonl", "found.jsonl"))
)


@dataclass(frozen=True, slots=True)
class Vector:
    """One line."""

    schema: str
    fragment: bool
    data: bytes
    row: dict[str, Any]

    def decode(self) -> Any:
        """The message or fragment in the bytes."""
        return (exi.decode_fragment if self.fragment else exi.decode)(self.data, self.schema)

    def message(self) -> Any:
        """The message or fragment of the JSON form."""
        return (exi.fragment_from_json if self.fragment else exi.from_json)(self.row["message"], self.schema)

    def encode(self, message: Any) -> bytes:
        """The bytes of a message or fragment."""
        return (exi.encode_fragment if self.fragment else exi.encode)(message, self.schema)

    @property
    def label(self) -> str:
        """For failure messages."""
        return f"{self.schema} {self.row.get('type', '')} {self.row.get('tag', self.row.get('why', ''))}"


@cache
def vectors(file: str) -> tuple[Vector, ...]:
    """All lines of a file."""
    found = []
    for line in (FOLDER / file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        schema, _, fragment = row["schema"].partition("/")
        found.append(Vector(schema, bool(fragment), bytes.fromhex(row["exi_hex"]), row))
    return tuple(found)


def of_type(file: str, kind: str) -> Vector:
    """The longest vector of a message type that is encoded as we do it."""
    fitting = [one for one in vectors(file) if one.row["type"] == kind and not one.row.get("decode_only")]
    return max(fitting, key=lambda one: len(one.data))
