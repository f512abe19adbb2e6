"""What `evsite decode` prints of a message: plain JSON values, as docs/exi-json.md describes them."""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118 import exi, guess, sdp, v2gtp
from protocols.iso15118.readable import values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from protocols.iso15118.capture.dialogue import Entry

Record = dict[str, Any]

_SDP_NAMES: Final = {
    sdp.Request: "SECCDiscoveryReq",
    sdp.Response: "SECCDiscoveryRes",
    sdp.WirelessRequest: "SECCDiscoveryReqWireless",
    sdp.WirelessResponse: "SECCDiscoveryResWireless",
}


def message_record(schema: str, message: Any) -> Record:
    """A message under its schema, and its values for people where it has any."""
    record: Record = {"schema": schema, "message": exi.to_json(message)}
    values = values_of(message)
    if values:
        record["values"] = values
    return record


def sdp_record(message: sdp.Message) -> Record:
    """An SDP message; its fields are those of `protocols.iso15118.sdp`."""
    fields = {one.name: _plain(getattr(message, one.name)) for one in dataclasses.fields(message)}
    return {"schema": "sdp", "message": {_SDP_NAMES[type(message)]: fields}}


def _plain(value: Any) -> Any:
    if isinstance(value, IPv6Address):
        return str(value)
    if isinstance(value, sdp.Pairing):
        return [flag.name for flag in sdp.Pairing if flag in value] + (
            [hex(rest)] if (rest := int(value) & ~sum(sdp.Pairing)) else []
        )
    return value.name if isinstance(value, enum.Enum) else value


def entry_record(entry: Entry) -> Record:
    """One entry of a captured dialogue."""
    time = entry.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    record: Record = {"time": time, "from": str(entry.source), "to": str(entry.destination)}
    record["transport"] = entry.transport
    if entry.protocol is not None:
        record["protocol"] = entry.protocol.value
    if entry.payload_type is not None:
        record["payload_type"] = f"{entry.payload_type:#06x}"
    if entry.schema is not None:
        record["schema"] = entry.schema
    if isinstance(entry.message, _SDP):
        record |= sdp_record(entry.message)
    elif entry.message is not None and entry.schema is not None:
        record |= message_record(entry.schema, entry.message)
    if entry.error is not None:
        record["error"] = entry.error
        if entry.payload:
            record["payload_hex"] = entry.payload.hex()
    return record


_SDP: Final = (sdp.Request, sdp.Response, sdp.WirelessRequest, sdp.WirelessResponse)


def blob_records(candidates: Sequence[bytes], schema: str | None) -> Iterator[Record]:
    """The messages in what somebody pasted: frames of V2GTP, an SDP datagram, or bare EXI.

    `candidates` are the ways to read it as bytes; the first that gives a message is taken. With `schema` it
    is bare EXI of that schema. What cannot be decoded becomes a record with `error`.
    """
    failures = []
    for data in candidates:
        records = list(_records(data, schema))
        if not any("error" in record for record in records):
            yield from records
            return
        failures.append(records)
    yield from failures[0]


def _records(data: bytes, schema: str | None) -> Iterator[Record]:
    if schema is not None:
        yield _named(data, schema)
    elif data[:2] == bytes((v2gtp.VERSION, v2gtp.INVERSE_VERSION)):
        yield from _frames(data)
    else:
        yield _guessed(data, guess.CANDIDATES)


def _named(data: bytes, schema: str) -> Record:
    try:
        return message_record(schema, guess.decode(data, schema))
    except exi.ExiError as error:
        return {"schema": schema, "exi_hex": data.hex(), "error": str(error)}


def _guessed(data: bytes, candidates: Sequence[str]) -> Record:
    try:
        found = guess.guess(data, candidates)
    except guess.UnknownMessageError as error:
        problem = f"no schema fits; the one that could be followed furthest is {error}"
        return {"exi_hex": data.hex(), "error": problem, "reasons": error.reasons}
    record = message_record(found.schema, found.message)
    if not found.certain:
        record["guessed"] = {"also_fits": list(found.alternatives)}
    return record


def _frames(data: bytes) -> Iterator[Record]:
    reader = v2gtp.FrameReader()
    reader.receive_data(data)
    reader.receive_data(b"")
    try:
        while not isinstance(event := reader.next_event(), v2gtp.Signal):
            yield _frame(event)
    except v2gtp.RemoteProtocolError as error:
        yield {"v2gtp_hex": data.hex(), "error": str(error)}


def _frame(event: v2gtp.Frame | v2gtp.SkippedFrame) -> Record:
    kind = {"payload_type": f"{event.payload_type:#06x}"}
    if isinstance(event, v2gtp.SkippedFrame):
        return kind | {"error": f"a payload of {event.length} bytes of unknown type"}
    candidates = guess.BY_PAYLOAD_TYPE.get(event.payload_type)
    if candidates is not None:
        return kind | _guessed(event.payload, candidates)
    try:
        return kind | sdp_record(sdp.decode(event.encode()))
    except v2gtp.RemoteProtocolError as error:
        return kind | {"v2gtp_hex": event.encode().hex(), "error": str(error)}
