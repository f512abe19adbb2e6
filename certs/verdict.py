"""What comes out of a verification: a path to a root, or the reason why there is none."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

    from certs.profiles import Profile


class Result(enum.StrEnum):
    """The coarse outcome, with the values of EVerest's CertificateValidationResult."""

    VALID = "Valid"
    EXPIRED = "Expired"
    INVALID_SIGNATURE = "InvalidSignature"
    ISSUER_NOT_FOUND = "IssuerNotFound"
    INVALID_LEAF_SIGNATURE = "InvalidLeafSignature"
    INVALID_CHAIN = "InvalidChain"
    UNKNOWN = "Unknown"


class Reason(enum.StrEnum):
    """Why a certificate is not trusted."""

    EXPIRED = "it has expired"
    NOT_YET_VALID = "it is not valid yet"
    REVOKED = "it is revoked"
    REVOCATION_UNKNOWN = "nothing says that it is not revoked"
    ISSUER_NOT_FOUND = "no certificate of its issuer is known"
    NO_TRUSTED_ROOT = "its chain ends in a root that is not trusted"
    LEAF_SIGNATURE = "the leaf is not what its issuer signed"
    SIGNATURE = "it is not what its issuer signed"
    KEY_ID = "its authority key id is not that of its issuer's key"
    MALFORMED = "it cannot be read"
    VERSION = "it is not of version 3"
    ALGORITHM = "its key or signature algorithm is not allowed here"
    NOT_A_CA = "it has issued a certificate but is not a CA"
    LEAF_IS_CA = "a CA certificate where a leaf should be"
    KEY_USAGE = "its key may not be used so"
    EXTENDED_KEY_USAGE = "it is not for this purpose"
    PATH_LENGTH = "more sub-CAs below it than it allows"
    TOO_DEEP = "more sub-CAs than the profile allows"
    CRITICAL_EXTENSION = "it has a critical extension that is not understood"
    NAME_CONSTRAINTS = "a CA above it does not allow this name"
    SUBJECT = "a subject that the profile does not allow"
    DOMAIN_COMPONENT = "its domain component is not the one that is asked for"
    SERVER_NAME = "it was not issued for this server"
    TOO_COMPLEX = "more candidate paths than are tried"


RESULTS: Final[Mapping[Reason, Result]] = {
    Reason.EXPIRED: Result.EXPIRED,
    Reason.NOT_YET_VALID: Result.UNKNOWN,  # EVerest has no value of its own for it
    Reason.REVOKED: Result.INVALID_CHAIN,  # neither has it for this one; apart from the two above
    Reason.REVOCATION_UNKNOWN: Result.UNKNOWN,
    Reason.ISSUER_NOT_FOUND: Result.ISSUER_NOT_FOUND,
    Reason.NO_TRUSTED_ROOT: Result.ISSUER_NOT_FOUND,
    Reason.LEAF_SIGNATURE: Result.INVALID_LEAF_SIGNATURE,
    Reason.SIGNATURE: Result.INVALID_SIGNATURE,
    Reason.KEY_ID: Result.ISSUER_NOT_FOUND,
    Reason.MALFORMED: Result.UNKNOWN,
    Reason.VERSION: Result.INVALID_CHAIN,
    Reason.ALGORITHM: Result.INVALID_CHAIN,
    Reason.NOT_A_CA: Result.INVALID_CHAIN,
    Reason.LEAF_IS_CA: Result.INVALID_CHAIN,
    Reason.KEY_USAGE: Result.INVALID_CHAIN,
    Reason.EXTENDED_KEY_USAGE: Result.INVALID_CHAIN,
    Reason.PATH_LENGTH: Result.INVALID_CHAIN,
    Reason.TOO_DEEP: Result.INVALID_CHAIN,
    Reason.CRITICAL_EXTENSION: Result.INVALID_CHAIN,
    Reason.NAME_CONSTRAINTS: Result.INVALID_CHAIN,
    Reason.SUBJECT: Result.INVALID_CHAIN,
    Reason.DOMAIN_COMPONENT: Result.INVALID_CHAIN,
    Reason.SERVER_NAME: Result.INVALID_CHAIN,
    Reason.TOO_COMPLEX: Result.INVALID_CHAIN,
}
"""What each reason is called on EVerest's interface. Expired, not yet valid and revoked stay apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A leaf that is trusted."""

    path: tuple[x509.Certificate, ...]
    """From the leaf to the trusted root."""
    profile: Profile
    """The one of those asked for that it fulfils."""

    @property
    def root(self) -> x509.Certificate:
        """The trusted root."""
        return self.path[-1]

    @property
    def result(self) -> Result:
        """The outcome in EVerest's terms."""
        return Result.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A leaf that is not trusted."""

    reason: Reason
    certificate: x509.Certificate | None = None
    """The certificate that is at fault; None where none can be named."""
    detail: str = ""

    @property
    def result(self) -> Result:
        """The outcome in EVerest's terms."""
        return RESULTS[self.reason]

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


Verdict = Verified | Refused
