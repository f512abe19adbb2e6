"""TLS towards the CSMS: a `ssl.SSLContext` for the websocket, and errors that say what was wrong.

OpenSSL finds the path to a trusted root; then, before a byte of HTTP goes out, `certs.chain.verify` judges
that path like any other (dates, algorithms, usages, revocation, the name), and the pins are compared.
A refusal is a `CsmsTlsError`, which `asyncio`, `ssl` and `websockets` hand through as the
`ssl.SSLCertVerificationError` it is; `classify` names every other failure of a handshake as well.
One file because the faults say nothing without the verdict that finds them.

Limits of the standard library: it asks for no stapled OCSP response (give `CsmsTrust.revocation` what is
known), and cannot choose the suites of TLS 1.3 before Python 3.15.

Source: OCPP 2.0.1 part 2 A00 (security profiles), EVerest's InternalCtrlr variables named below.
"""

from __future__ import annotations

import enum
import hashlib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from certs import names
from certs.chain import Revocation, verify
from certs.errors import CertificateError, Problem
from certs.facts import read
from certs.pem import load_der
from certs.profiles import CSMS_SERVER, Profile
from certs.verdict import Reason, Refused, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cryptography import x509

SUITES_12: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
"""SupportedCiphers12. The last two, which lack forward secrecy, are in the list of OCPP."""
SUITES_13: Final = ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256")
"""SupportedCiphers13."""
_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: `certs.chain` judges the dates, by the clock it is given."""


class CsmsFault(enum.StrEnum):
    """Why there is no connection to the CSMS."""

    EXPIRED = "the server's certificate has expired"
    NOT_YET_VALID = "the server's certificate is not valid yet"
    UNKNOWN_CA = "the server's certificate leads to no trusted root"
    WRONG_NAME = "the server's certificate is for another server"
    REVOKED = "the server's certificate is revoked"
    NOT_PINNED = "no certificate of the server is one of those pinned"
    INVALID = "the server's certificate does not fulfil the rules"
    REFUSED_BY_SERVER = "the server does not accept the station's certificate"
    VERSION = "no version of TLS in common"
    SUITE = "no cipher suite in common"
    PROTOCOL = "the server does not keep to the protocol"


SECURITY_EVENTS: Final[Mapping[CsmsFault, str]] = {
    **dict.fromkeys(
        (
            CsmsFault.EXPIRED,
            CsmsFault.NOT_YET_VALID,
            CsmsFault.UNKNOWN_CA,
            CsmsFault.WRONG_NAME,
            CsmsFault.REVOKED,
            CsmsFault.NOT_PINNED,
            CsmsFault.INVALID,
        ),
        "InvalidCsmsCertificate",
    ),
    CsmsFault.VERSION: "InvalidTLSVersion",
    CsmsFault.SUITE: "InvalidTLSCipherSuite",
}
"""The security event of OCPP 2.x for a fault, where there is one. 1.6 calls the first one
InvalidCentralSystemCertificate."""


class CsmsTlsError(ssl.SSLCertVerificationError):
    """The server's certificate is not accepted: `fault` says why, `refused` is the verdict, if any."""

    def __init__(self, fault: CsmsFault, detail: str = "", refused: Refused | None = None) -> None:
        super().__init__(1, f"{fault}: {detail}" if detail else str(fault))
        self.fault, self.detail, self.refused = fault, detail, refused

    def __reduce__(self) -> tuple[type[CsmsTlsError], tuple[CsmsFault, str]]:
        return type(self), (self.fault, self.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsmsTrust:
    """Which servers are believed."""

    roots: tuple[x509.Certificate, ...] = ()
    """The CA bundle (S13.13)."""
    system_roots: bool = False
    """UseSslDefaultVerifyPaths: believe the roots of the operating system too."""
    check_name: bool = True
    """VerifyCsmsCommonName: the certificate must be for the host of the URL. By its alternative names; only
    where it has none, by its CN. Off: any server with a certificate of these roots is believed."""
    allow_wildcards: bool = False
    """VerifyCsmsAllowWildcards: `*.example.com` is a name as well."""
    pins: frozenset[bytes] = frozenset()
    """SHA-256 hashes of public keys (`pin_of`); if there are any, the server's path must have one of them."""
    revocation: Revocation | None = None
    profile: Profile = CSMS_SERVER
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFiles:
    """The station's certificate for security profile 3 (S13.12). The standard library reads it from files."""

    chain: Path
    key: Path
    password: bytes | None = field(default=None, repr=False)


def csms_context(
    security_profile: int,
    trust: CsmsTrust,
    client: ClientFiles | None = None,
    *,
    suites: tuple[str, ...] = SUITES_12,
    suites_13: tuple[str, ...] = SUITES_13,
) -> ssl.SSLContext | None:
    """The context for a security profile: None for 0 and 1, which use no TLS; 3 shows the `client` files.

    CertificateError: no root to trust, no or no usable client certificate for profile 3, unknown suites.
    """
    if security_profile not in range(4):
        raise ValueError(f"there is no security profile {security_profile}")
    if security_profile <= 1:
        return None
    if not (trust.roots or trust.system_roots):
        raise CertificateError(Problem.EMPTY, "no root that could vouch for the CSMS")
    context = CsmsContext(ssl.PROTOCOL_TLS_CLIENT)
    context.trust = trust
    context.check_hostname = False  # `_judge` does, for addresses, CNs and wildcards as well
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= _NO_CHECK_TIME
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    _choose_suites(context, suites, suites_13)
    if trust.roots:
        context.load_verify_locations(
            cadata=b"".join(root.public_bytes(Encoding.DER) for root in trust.roots)
        )
    if trust.system_roots:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if security_profile == _MUTUAL:
        if client is None:
            detail = "security profile 3 needs a client certificate of the station, and none is installed"
            raise CertificateError(Problem.EMPTY, detail)
        _show(context, client)
    return context


_MUTUAL: Final = 3


def pin_of(certificate: x509.Certificate) -> bytes:
    """The SHA-256 hash of its SubjectPublicKeyInfo, as RFC 7469 pins it."""
    return hashlib.sha256(read(certificate).spki).digest()


def _choose_suites(context: ssl.SSLContext, suites: tuple[str, ...], suites_13: tuple[str, ...]) -> None:
    try:
        context.set_ciphers(":".join(suites))
        if hasattr(context, "set_ciphersuites"):
            context.set_ciphersuites(":".join(suites_13))
    except ssl.SSLError:
        raise CertificateError(Problem.MALFORMED, "no such cipher suites") from None


def _show(context: ssl.SSLContext, client: ClientFiles) -> None:
    """Never asks on a terminal for a password; a wrong one is an error like any other."""
    try:
        context.load_cert_chain(client.chain, client.key, lambda: client.password or b"")
    except ssl.SSLError as error:
        problem = Problem.OTHER_CERTIFICATE if error.reason == "KEY_VALUES_MISMATCH" else Problem.NOT_A_KEY
        raise CertificateError(problem, f"{client.chain.name}, {client.key.name}") from None
    except OSError as error:
        detail = f"{client.chain.name}, {client.key.name}: {error.strerror}"
        raise CertificateError(Problem.EMPTY, detail) from None


class _Judged:
    """A connection that is judged when the handshake is done.

    Nothing passes before: OpenSSL would shake hands by itself at the first byte, and nobody would judge.
    """

    _judged = False

    def do_handshake(self, *given: Any, **named: Any) -> None:
        """The handshake, and then our verdict on the server. CsmsTlsError."""
        super().do_handshake(*given, **named)  # type: ignore[misc]  # beside a class of `ssl`, as for all below
        _judge(self)  # type: ignore[arg-type]  # as above
        self._judged = True

    def read(self, *given: Any) -> Any:
        """As of the standard library. CsmsTlsError before the verdict."""
        self._require_verdict()
        return super().read(*given)  # type: ignore[misc]  # as above

    def write(self, data: Any) -> int:
        """As of the standard library. CsmsTlsError before the verdict."""
        self._require_verdict()
        return int(super().write(data))  # type: ignore[misc]  # as above

    def _require_verdict(self) -> None:
        if not self._judged:
            raise CsmsTlsError(CsmsFault.INVALID, "nobody has judged the server yet")


class _JudgedObject(_Judged, ssl.SSLObject):
    """Over memory, as asyncio uses it."""


class _JudgedSocket(_Judged, ssl.SSLSocket):
    """Over a socket. All that receives calls `read`, all that sends `send` or `write`."""

    def send(self, data: Any, flags: int = 0) -> int:
        """As of the standard library. CsmsTlsError before the verdict."""
        self._require_verdict()
        return super().send(data, flags)


class CsmsContext(ssl.SSLContext):
    """A context whose connections are judged by `trust`. Made by `csms_context`."""

    sslobject_class = _JudgedObject
    sslsocket_class = _JudgedSocket
    trust: CsmsTrust


def _judge(connection: ssl.SSLObject | ssl.SSLSocket) -> None:
    context = connection.context
    assert isinstance(context, CsmsContext)
    trust, server_name = context.trust, connection.server_hostname
    path = tuple(load_der(der) for der in _path(connection))
    if trust.check_name and not server_name:
        raise CsmsTlsError(CsmsFault.WRONG_NAME, "the connection names no server")
    verdict = verify(
        path[0],
        path[1:],
        (*trust.roots, path[-1]),  # the last one is a root that OpenSSL trusts
        profile=trust.profile,
        now=trust.clock(),
        revocation=trust.revocation,
        server_name=server_name if trust.check_name else None,
        common_name_serves=True,
    )
    if isinstance(verdict, Refused):
        raise CsmsTlsError(_FAULTS.get(verdict.reason, CsmsFault.INVALID), str(verdict), verdict)
    _check_wildcards(path[0], server_name or "", trust)
    _check_pins(verdict, trust)


def _check_wildcards(leaf: x509.Certificate, server_name: str, trust: CsmsTrust) -> None:
    if trust.allow_wildcards or not trust.check_name:
        return
    given = read(leaf).alternative_names
    fallback = None if given else names.common_name(leaf)
    plain = tuple(one for one in given if not _is_wildcard(one.value))
    if not names.covers(plain, server_name, fallback=None if _is_wildcard(fallback) else fallback):
        raise CsmsTlsError(CsmsFault.WRONG_NAME, "only a wildcard covers it, and none is allowed")


def _is_wildcard(name: object) -> bool:
    return isinstance(name, str) and name.startswith("*.")


def _check_pins(verdict: Verified, trust: CsmsTrust) -> None:
    if trust.pins and not any(pin_of(certificate) in trust.pins for certificate in verdict.path):
        raise CsmsTlsError(CsmsFault.NOT_PINNED)


def _path(connection: Any) -> list[bytes]:
    """From the server's leaf to the root that OpenSSL trusts, as DER."""
    if hasattr(connection, "get_verified_chain"):  # since Python 3.13
        return list(connection.get_verified_chain())
    inner = connection._sslobj  # noqa: SLF001  # what 3.13 made public is there since 3.10
    return [one.public_bytes(_ENCODING_DER) for one in inner.get_verified_chain()]


_ENCODING_DER: Final = 2
_FAULTS: Final[Mapping[Reason, CsmsFault]] = {
    Reason.EXPIRED: CsmsFault.EXPIRED,
    Reason.NOT_YET_VALID: CsmsFault.NOT_YET_VALID,
    Reason.REVOKED: CsmsFault.REVOKED,
    Reason.ISSUER_NOT_FOUND: CsmsFault.UNKNOWN_CA,
    Reason.NO_TRUSTED_ROOT: CsmsFault.UNKNOWN_CA,
    Reason.SERVER_NAME: CsmsFault.WRONG_NAME,
}
_VERIFY_CODES: Final[Mapping[int, CsmsFault]] = {
    2: CsmsFault.UNKNOWN_CA,
    9: CsmsFault.NOT_YET_VALID,
    10: CsmsFault.EXPIRED,
    18: CsmsFault.UNKNOWN_CA,
    19: CsmsFault.UNKNOWN_CA,
    20: CsmsFault.UNKNOWN_CA,
    21: CsmsFault.UNKNOWN_CA,
    23: CsmsFault.REVOKED,
    62: CsmsFault.WRONG_NAME,
    64: CsmsFault.WRONG_NAME,
}
"""X509_V_ERR_* of OpenSSL."""
_REASONS: Final[Mapping[str, CsmsFault]] = {
    "TLSV1_ALERT_PROTOCOL_VERSION": CsmsFault.VERSION,
    "UNSUPPORTED_PROTOCOL": CsmsFault.VERSION,
    "NO_PROTOCOLS_AVAILABLE": CsmsFault.VERSION,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": CsmsFault.SUITE,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": CsmsFault.SUITE,
    "SSL/TLS_ALERT_HANDSHAKE_FAILURE": CsmsFault.SUITE,
    **dict.fromkeys(
        (
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "SSLV3_ALERT_BAD_CERTIFICATE",
            "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
            "SSLV3_ALERT_CERTIFICATE_EXPIRED",
            "SSLV3_ALERT_CERTIFICATE_REVOKED",
            "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
            "TLSV1_ALERT_UNKNOWN_CA",
            "TLSV1_ALERT_ACCESS_DENIED",
        ),
        CsmsFault.REFUSED_BY_SERVER,
    ),
}
"""Names of the standard library for OpenSSL's reasons."""


def classify(error: BaseException | None) -> CsmsFault | None:
    """What went wrong with TLS; None if the error, with its causes, is not about TLS at all.

    Errors that Python code has raised lack the attributes that OpenSSL's have.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, CsmsTlsError):
            return error.fault
        if isinstance(error, ssl.SSLCertVerificationError):
            return _VERIFY_CODES.get(getattr(error, "verify_code", 0), CsmsFault.INVALID)
        if isinstance(error, ssl.SSLError):
            return _REASONS.get(getattr(error, "reason", None) or "", CsmsFault.PROTOCOL)
        error = error.__cause__ or error.__context__
    return None
