"""The schemas by name, and which namespaces each of them reaches.

The modules with the declarations are imported when a schema is first used.
"""

from __future__ import annotations

import enum
import importlib
from functools import cache
from typing import TYPE_CHECKING, Final

from protocols.iso15118.exi.errors import SchemaError
from protocols.iso15118.exi.grammar import SchemaGrammar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.iso15118.exi.declare import Namespace


class Schema(enum.StrEnum):
    """A schema that messages are encoded by; the grammar depends on it, so every call names one."""

    APP_PROTOCOL = "app_protocol"
    """supportedAppProtocol, before the protocol is agreed."""
    DIN = "din_msgdef"
    """DIN SPEC 70121."""
    ISO2 = "iso2_msgdef"
    """ISO 15118-2."""
    ISO20_COMMON = "iso20_common"
    """ISO 15118-20, the messages common to all energy modes."""
    ISO20_AC = "iso20_ac"
    ISO20_DC = "iso20_dc"
    ISO20_ACDP = "iso20_acdp"
    ISO20_WPT = "iso20_wpt"
    XMLDSIG = "xmldsig"
    """XML Signature alone: SignedInfo is signed as a fragment of this schema."""


MODULES: Final[Mapping[Schema, str]] = {
    Schema.APP_PROTOCOL: "app_protocol",
    Schema.DIN: "din",
    Schema.ISO2: "iso2",
    Schema.ISO20_COMMON: "iso20.common",
    Schema.ISO20_AC: "iso20.ac",
    Schema.ISO20_DC: "iso20.dc",
    Schema.ISO20_ACDP: "iso20.acdp",
    Schema.ISO20_WPT: "iso20.wpt",
    Schema.XMLDSIG: "xmldsig",
}
"""The module below protocols.iso15118 whose NAMESPACES make up the schema."""


@cache
def grammar_of(schema: Schema) -> SchemaGrammar:
    """The grammars of a schema; the first call imports its declarations."""
    module = importlib.import_module(f"protocols.iso15118.{MODULES[schema]}")
    namespaces: tuple[Namespace, ...] = module.NAMESPACES
    return SchemaGrammar(schema.value, namespaces)


def schema_named(name: str) -> Schema:
    """The schema of a name as the test vectors use it. SchemaError if there is none."""
    try:
        return Schema(name)
    except ValueError:
        known = ", ".join(one.value for one in Schema)
        raise SchemaError(f"there is no schema {name!r}; there are {known}") from None
