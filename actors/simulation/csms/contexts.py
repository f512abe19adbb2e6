"""TLS as a back-end speaks it: security profiles 2 and 3, with the certificates of the test PKI."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from certs.errors import CertificateError, Problem

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

SERVER_CHAIN: Final = "server/csms/CSMS_SERVER.pem"
SERVER_KEY: Final = "server/csms/CSMS_SERVER.key"
CLIENT_ROOTS: Final = "ca/csms/CSMS_ROOT_CA.pem"
TLS_PROFILE: Final = 2
MUTUAL_PROFILE: Final = 3


def server_context(
    security_profile: int | None, directory: pathlib.Path | None, refused: Callable[[str], None]
) -> ssl.SSLContext | None:
    """The context for a security profile; None for 0, 1, or either. CertificateError: files are missing.

    `refused` is told why a handshake fails, which a station's owner would not learn otherwise.
    """
    if security_profile is None or security_profile < TLS_PROFILE:
        return None
    if directory is None:
        raise CertificateError(Problem.EMPTY, f"profile {security_profile} speaks TLS: --pki DIRECTORY")
    for name in (SERVER_CHAIN, SERVER_KEY, CLIENT_ROOTS):
        if not (directory / name).is_file():
            raise CertificateError(Problem.EMPTY, f"{directory / name}: no such file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(directory / SERVER_CHAIN, directory / SERVER_KEY)
        if security_profile == MUTUAL_PROFILE:
            context.load_verify_locations(directory / CLIENT_ROOTS)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise CertificateError(Problem.EMPTY, f"{directory}: {error.strerror or error}") from None
    context.sslobject_class = _told_to(refused)
    return context


def _told_to(refused: Callable[[str], None]) -> type[ssl.SSLObject]:
    class Told(ssl.SSLObject):
        """A TLS connection that says why its handshake fails."""

        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                refused((error.reason or str(error)).lower().replace("_", " "))
                raise

    return Told
