"""EXI for ISO 15118 and DIN SPEC 70121: message objects to bytes and back, and their JSON form.

    from protocols.iso15118 import exi, iso2

    data = exi.encode(message, exi.Schema.ISO2)            # or "iso2_msgdef"
    message = exi.decode(data, exi.Schema.ISO2)            # an iso2.V2gMessage
    rest = exi.decode_with_rest(data, exi.Schema.ISO2)     # .message .bits_used .trailing .zero_padding

    digest_input = exi.encode_fragment(request, exi.Schema.ISO2)
    exi.encode_fragment(chain, exi.Schema.ISO2, name="ContractSignatureCertChain")
    exi.encode_fragment(signed_info, exi.Schema.XMLDSIG)   # what ECDSA signs
    fragment = exi.decode_fragment(data, exi.Schema.ISO2)  # .name .element

    tree = exi.to_json(message)                            # {"V2G_Message": {...}}; also takes a Fragment
    message = exi.from_json(tree, exi.Schema.ISO2)
    fragment = exi.fragment_from_json(tree, exi.Schema.ISO2)

Messages are frozen dataclasses of the modules beside this package (`app_protocol`, `din`, `iso2`,
`iso20.common`, `iso20.ac`, `iso20.dc`, `iso20.acdp`, `iso20.wpt`, `xmldsig`); equal messages compare equal.
Classes and enumerations keep the schema's words in CapWords (`DcEvseStatus`), fields in snake case with the
unit where the schema leaves it to the reader (`departure_time_s`); time stamps are `UnixTime`, whole seconds
that convert to and from aware datetimes; physical values convert by `physical`. In DIN and -2 the document
is a `V2gMessage`; everywhere else it is the message itself.

Every facet (range, length, enumeration, occurrence, choice) is checked in both directions. Whatever the
input, nothing but an `ExiError` comes out: DecodeError (with `bit_offset`, `byte_offset`, `path`),
EncodeError and JsonFormError (with `path`), SchemaError. What stands behind a message is tolerated and
reported by `decode_with_rest`. Encoding, decoding and generation keep no state between calls; the functions
for a class are generated when first needed, or all at once by `prepare(schema)`.
"""

from protocols.iso15118.exi.codec import (
    MAX_BYTES,
    Decoded,
    Fragment,
    decode,
    decode_fragment,
    decode_with_rest,
    encode,
    encode_fragment,
    prepare,
)
from protocols.iso15118.exi.datatypes import UnixTime
from protocols.iso15118.exi.errors import DecodeError, EncodeError, ExiError, JsonFormError, SchemaError
from protocols.iso15118.exi.json_form import fragment_from_json, from_json, to_json
from protocols.iso15118.exi.schema import Schema

__all__ = [
    "MAX_BYTES",
    "DecodeError",
    "Decoded",
    "EncodeError",
    "ExiError",
    "Fragment",
    "JsonFormError",
    "Schema",
    "SchemaError",
    "UnixTime",
    "decode",
    "decode_fragment",
    "decode_with_rest",
    "encode",
    "encode_fragment",
    "fragment_from_json",
    "from_json",
    "prepare",
    "to_json",
]
