"""What is generated once for all processes, so that no car waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from protocols.iso15118 import exi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.v2g.secc.settings import Settings

ISO20: Final = (
    exi.Schema.ISO20_COMMON,
    exi.Schema.ISO20_AC,
    exi.Schema.ISO20_DC,
    exi.Schema.XMLDSIG,
)


def schemas(settings: Settings) -> Iterator[exi.Schema]:
    """Those of the protocols that a station speaks."""
    yield exi.Schema.APP_PROTOCOL
    if settings.din70121:
        yield exi.Schema.DIN
    if settings.iso15118_2:
        yield exi.Schema.ISO2
    if settings.iso15118_20:
        yield from ISO20


def prepare(settings: Settings) -> None:
    """Generate the EXI functions of the protocols that a station speaks, where they are not there yet.

    0.15 seconds for DIN 70121 and for ISO 15118-2, 0.4 for ISO 15118-20: longer than a car may wait.
    """
    for schema in schemas(settings):
        exi.prepare(schema)
