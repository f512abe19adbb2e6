"""Frames between car and station as messages of the timeline; EXI is decoded when somebody looks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actors.gateway.picture import blots
from actors.gateway.picture.forms import MessageShown
from actors.v2g.link.evidence_lines import parts
from actors.v2g.secc.state import Dialect
from protocols.iso15118 import exi, v2gtp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.messages import Frame

SOURCE: Final = "v2g"
OVERHEAD: Final = 300
"""Bytes that keeping a frame takes beside its payload."""
SCHEMAS: Final[Mapping[str, str]] = {
    "": "app_protocol",
    Dialect.DIN: "din_msgdef",
    Dialect.ISO2: "iso2_msgdef",
}
"""By what has been agreed on."""
ISO20: Final[Mapping[int, str]] = {
    payload_type: schema
    for protocol in (
        v2gtp.Protocol.ISO20_AC,
        v2gtp.Protocol.ISO20_DC,
        v2gtp.Protocol.ISO20_ACDP,
        v2gtp.Protocol.ISO20_WPT,
    )
    for payload_type, schema in v2gtp.SCHEMAS[protocol].items()
}
"""In ISO 15118-20, by payload type."""
UNREADABLE: Final = "unreadable"
MOST_HEX: Final = 1024
"""Bytes that are shown of a frame that cannot be read."""


@dataclass(frozen=True, slots=True)
class V2gSaid:
    """One frame."""

    frame: Frame
    evse: int | None
    source: str = SOURCE

    @property
    def loop(self) -> bool:
        """One of many of a charging loop."""
        return self.frame.loop

    @property
    def size(self) -> int:
        """Bytes that keeping it takes."""
        return len(self.frame.payload) + OVERHEAD

    def show(self, number: int) -> MessageShown:
        """For people."""
        frame = self.frame
        name, body = read(frame)
        failed = str(body.get("ResponseCode", "")).startswith("FAILED")
        kinds = (
            (name == UNREADABLE or failed, "error"),
            (name.endswith("Req"), "request"),
            (name.endswith("Res"), "response"),
        )
        return MessageShown(
            number=number,
            at=frame.at,
            source=SOURCE,
            direction="sent" if frame.sent else "received",
            name=name,
            evse=self.evse,
            kind=next((kind for holds, kind in kinds if holds), "event"),
            body=blots.shown(body),
        )


def read(frame: Frame) -> tuple[str, dict[str, Any]]:
    """A frame's name, and its content in the form of docs/exi-json.md."""
    if frame.size and not frame.payload:
        return UNREADABLE, {"too_long": frame.size}
    schema = SCHEMAS.get(frame.protocol) or ISO20.get(frame.payload_type)
    if schema is None:
        return UNREADABLE, {"payload_type": f"{frame.payload_type:#06x}"}
    try:
        message = exi.decode(frame.payload, schema)
    except exi.ExiError as error:
        return UNREADABLE, {"error": str(error), "exi_hex": frame.payload[:MOST_HEX].hex()}
    name, _header, content = parts(exi.to_json(message))
    return name, {each: value for each, value in content.items() if each != "Header"}
