"""What is generated once per process, so that no car waits for it."""

from __future__ import annotations

from protocols import codec
from protocols.iso15118 import exi
from protocols.message import message_types

SCHEMAS = (
    exi.Schema.APP_PROTOCOL,
    exi.Schema.DIN,
    exi.Schema.ISO2,
    exi.Schema.ISO20_COMMON,
    exi.Schema.ISO20_AC,
    exi.Schema.ISO20_DC,
    exi.Schema.XMLDSIG,
)


def prepare() -> None:
    """Generate the EXI functions of all protocols and the message codec; about half a second, once."""
    for schema in SCHEMAS:
        exi.prepare(schema)
    codec.prepare(message_types().values())
