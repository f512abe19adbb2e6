"""XML signatures of V2G messages, over EXI: made with `sign`, checked with `verify`.

    signed = sign(message, contract_key, ISO2)
    verify(signed, contract_certificate.public_key(), [ISO2])

A signature covers exactly the elements that the standard names for the message (`parts_of`): `verify` wants
each of them referenced once, by its Id, and nothing else. It hashes what the sender sent, with the sender's
own algorithm strings, Ids and transforms. Everything wrong is a `SignatureError` whose `problem` says what.
"""

from protocols.iso15118.signature.error import Problem, SignatureError
from protocols.iso15118.signature.parts import Part, is_signable, parts_of
from protocols.iso15118.signature.scheme import (
    ISO2,
    ISO20_ED448,
    ISO20_SECP521,
    PrivateKey,
    PublicKey,
    Scheme,
)
from protocols.iso15118.signature.signing import attach, sign, sign_parts
from protocols.iso15118.signature.verification import verify, verify_parts

__all__ = [
    "ISO2",
    "ISO20_ED448",
    "ISO20_SECP521",
    "Part",
    "PrivateKey",
    "Problem",
    "PublicKey",
    "Scheme",
    "SignatureError",
    "attach",
    "is_signable",
    "parts_of",
    "sign",
    "sign_parts",
    "verify",
    "verify_parts",
]
