"""Checks signatures. Source: ISO 15118-2 7.9.2.4, ISO 15118-20 7.9.2.4, exi-notes 8."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from protocols.iso15118.exi import encode_fragment
from protocols.iso15118.signature.error import Problem, SignatureError
from protocols.iso15118.signature.parts import Part, parts_of
from protocols.iso15118.signature.scheme import CANONICAL_EXI, PublicKey, Scheme
from protocols.iso15118.signature.signing import SIGNED_INFO_SCHEMA, digest_of, identified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from protocols.iso15118 import xmldsig

_SHOWN = 100


def verify(message: Any, key: PublicKey, schemes: Iterable[Scheme]) -> None:
    """See that the message is signed by `key`, completely, with one of `schemes`. SignatureError if not.

    Whatever the decoder gives may be passed; a bare body element, which has no header, is not signed.
    """
    header = getattr(message, "header", None)
    verify_parts(parts_of(message), header.signature if header is not None else None, key, schemes)


def verify_parts(
    parts: Sequence[Part],
    signature: xmldsig.Signature | None,
    key: PublicKey,
    schemes: Iterable[Scheme],
) -> None:
    """See that `signature` covers exactly `parts` and was made by `key`. SignatureError if not.

    References are checked before the signature: what they say is not believed, only compared.
    """
    if signature is None:
        raise SignatureError(Problem.MISSING_SIGNATURE)
    scheme = _scheme(signature.signed_info, schemes)
    _check_references(identified(parts), signature.signed_info.reference, scheme)
    signed = encode_fragment(signature.signed_info, SIGNED_INFO_SCHEMA, "SignedInfo")
    scheme.verify(key, signature.signature_value.value, signed)


def _scheme(signed_info: xmldsig.SignedInfo, schemes: Iterable[Scheme]) -> Scheme:
    _require_exi(signed_info.canonicalization_method.algorithm)
    method = signed_info.signature_method
    for scheme in schemes:
        if scheme.signature_uri == method.algorithm and method.hmac_output_length is None:
            return scheme
    raise _unsupported(method.algorithm)


def _check_references(
    wanted: dict[str, Part], references: Sequence[xmldsig.Reference], scheme: Scheme
) -> None:
    missing = dict(wanted)
    for reference in references:
        identifier = _identifier(reference)
        if identifier not in wanted:
            raise SignatureError(Problem.SURPLUS_REFERENCE, repr(reference.uri)[:_SHOWN])
        if identifier not in missing:
            raise SignatureError(Problem.DUPLICATE_REFERENCE, wanted[identifier].name)
        part = missing.pop(identifier)
        _check_algorithms(reference, scheme)
        if not hmac.compare_digest(digest_of(part, scheme), reference.digest_value):
            raise SignatureError(Problem.DIGEST_MISMATCH, part.name)
    if missing:
        raise SignatureError(Problem.MISSING_REFERENCE, next(iter(missing.values())).name)


def _identifier(reference: xmldsig.Reference) -> str | None:
    uri = reference.uri
    return uri[1:] if uri is not None and uri.startswith("#") else None


def _check_algorithms(reference: xmldsig.Reference, scheme: Scheme) -> None:
    if reference.digest_method.algorithm != scheme.digest_uri:
        raise _unsupported(reference.digest_method.algorithm)
    transforms = reference.transforms.transform if reference.transforms is not None else ()
    if len(transforms) > 1:  # [V2G20-767]
        raise SignatureError(Problem.UNSUPPORTED_ALGORITHM, f"{len(transforms)} transforms")
    for transform in transforms:
        _require_exi(transform.algorithm)
        if transform.xpath:
            raise SignatureError(Problem.UNSUPPORTED_ALGORITHM, "XPath")


def _require_exi(algorithm: str) -> None:
    if algorithm.removesuffix("/") != CANONICAL_EXI.removesuffix("/"):
        raise _unsupported(algorithm)


def _unsupported(algorithm: str) -> SignatureError:
    return SignatureError(Problem.UNSUPPORTED_ALGORITHM, repr(algorithm)[:_SHOWN])
