"""What `evsite decode` prints of an evidence bundle: each line a record, messages as of a capture. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.v2g.link import evidence_lines as lines
from actors.wire.report import Record, message_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def records(raw: Iterable[bytes]) -> Iterator[Record]:
    """The records of a bundle's lines. Raises EvidenceError at the first line that is damaged.

    A message is decoded from its bytes, whatever the line says it is; the line has to agree.
    """
    talk: dict[str, Any] = {}
    for one in lines.read(raw):
        if isinstance(one, lines.Message):
            yield _message(one, talk)
        else:
            talk = talk or dict(one.members)
            yield dict(one.members)


def _message(one: lines.Message, talk: dict[str, Any]) -> Record:
    ends = (talk.get(lines.CAR, lines.CAR), talk.get(lines.STATION, lines.STATION))
    source, destination = ends if one.sender == lines.CAR else ends[::-1]
    record: Record = {"time": lines.stamp(one.time), "from": source, "to": destination}
    record["transport"] = talk.get("transport", "TCP")
    if one.protocol is not None:
        record["protocol"] = one.protocol
    record["payload_type"] = f"{one.payload_type:#06x}"
    if one.took_ms is not None:
        record["took_ms"] = one.took_ms
    if one.message is not None and one.schema is not None:
        return record | message_record(one.schema, one.message)
    if one.schema is not None:
        record["schema"] = one.schema
    return record | {"error": one.error or "not decoded", "payload_hex": one.payload.hex()}
