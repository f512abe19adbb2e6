"""Makes signatures. Source: ISO 15118-2 7.9.2.4.2, ISO 15118-20 7.9.2.4.2, exi-notes 8."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final, TypeVar

from protocols.iso15118 import xmldsig
from protocols.iso15118.exi import encode_fragment
from protocols.iso15118.signature.error import Problem, SignatureError
from protocols.iso15118.signature.parts import Part, parts_of
from protocols.iso15118.signature.scheme import CANONICAL_EXI, PrivateKey, Scheme

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

SIGNED_INFO_SCHEMA: Final = "xmldsig"
"""SignedInfo is hashed as a fragment of XML Signature alone, not of the message's schema."""


def digest_of(part: Part, scheme: Scheme) -> bytes:
    """The hash of one element as an EXI fragment. EncodeError for an element that breaks its declaration."""
    return scheme.digest(encode_fragment(part.element, part.schema, part.name))


def identified(parts: Sequence[Part]) -> dict[str, Part]:
    """The parts by Id. SignatureError where an Id is missing or not unique."""
    found: dict[str, Part] = {}
    for part in parts:
        if not part.id:
            raise SignatureError(Problem.MISSING_ID, part.name)
        if part.id in found:
            raise SignatureError(Problem.AMBIGUOUS_ID, part.name)
        found[part.id] = part
    if not found:
        raise SignatureError(Problem.NOTHING_TO_SIGN)
    return found


def sign_parts(parts: Sequence[Part], key: PrivateKey, scheme: Scheme) -> xmldsig.Signature:
    """A signature over the given elements, one reference each, in their order.

    SignatureError when an Id is missing or not unique, or the key is not one of the scheme.
    """
    references = tuple(
        xmldsig.Reference(
            uri=f"#{identifier}",
            transforms=xmldsig.Transforms(transform=(xmldsig.Transform(algorithm=CANONICAL_EXI),)),
            digest_method=xmldsig.DigestMethod(algorithm=scheme.digest_uri),
            digest_value=digest_of(part, scheme),
        )
        for identifier, part in identified(parts).items()
    )
    signed_info = xmldsig.SignedInfo(
        canonicalization_method=xmldsig.CanonicalizationMethod(algorithm=CANONICAL_EXI),
        signature_method=xmldsig.SignatureMethod(algorithm=scheme.signature_uri),
        reference=references,
    )
    value = scheme.sign(key, encode_fragment(signed_info, SIGNED_INFO_SCHEMA, "SignedInfo"))
    return xmldsig.Signature(signed_info=signed_info, signature_value=xmldsig.SignatureValue(value=value))


def attach(message: T, signature: xmldsig.Signature | None) -> T:
    """The message with this signature in its header, in place of any it had."""
    body: Any = message
    header = dataclasses.replace(body.header, signature=signature)
    made: T = dataclasses.replace(body, header=header)
    return made


def sign(message: T, key: PrivateKey, scheme: Scheme) -> T:
    """The message with a signature over everything that the standard wants signed in it.

    SignatureError when there is nothing to sign, an Id is missing or not unique, or the key does not fit.
    """
    return attach(message, sign_parts(parts_of(message), key, scheme))
