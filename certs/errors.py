"""What can be wrong with certificates, keys, requests, OCSP responses and CRLs that somebody hands us."""

from __future__ import annotations

import enum


class Problem(enum.StrEnum):
    """Why something given cannot be used. Whether a certificate is trusted is a `verdict.Reason` instead."""

    TOO_LARGE = "more bytes than are accepted"
    TOO_MANY = "more certificates than are accepted"
    EMPTY = "nothing of the kind is inside"
    BAD_PEM = "a PEM block that is not whole"
    MALFORMED = "not the structure it should be"
    UNSUPPORTED_KEY = "a kind of key that is not supported"
    NOT_A_KEY = "not a private key that can be read"
    PASSWORD_MISSING = "the key is encrypted and no password is given"  # noqa: S105  # a message
    PASSWORD_WRONG = "the password does not open the key"  # noqa: S105  # a message
    BAD_SUBJECT = "a subject that cannot be written"
    BAD_HASH_DATA = "not the hash data of a certificate"
    NOT_SUCCESSFUL = "the responder reports an error instead of a status"
    OTHER_CERTIFICATE = "it is about another certificate"
    UNAUTHORIZED_SIGNER = "whoever signed it may not speak for the issuer"
    BAD_SIGNATURE = "the signature is not that of its signer"
    FROM_THE_FUTURE = "it is not valid yet"
    STALE = "it is not valid any more"
    NONCE_MISMATCH = "it does not answer this request"
    UNSUPPORTED_EXTENSION = "a critical extension that is not understood"


class CertificateError(ValueError):
    """Something given that cannot be used. Holds no key and no password.

    `problem` is the reason, `detail` what it is about.
    """

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem, self.detail = problem, detail

    def __reduce__(self) -> tuple[type[CertificateError], tuple[Problem, str]]:
        return type(self), (self.problem, self.detail)
