"""The TLS context for an attempt: roots, and for security profile 3 our certificate (S13.12, S13.13).

Everything is fetched anew for each attempt, so a certificate that was installed is used from the next one on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.ocpp.link.target import OVER_TLS
from actors.ocpp.link.troubles import Mishap, printable
from actors.ocpp.messages import Trouble
from actors.v2g.link.key_log import append_privately
from certs.errors import CertificateError, Problem
from certs.pem import load_certificates
from certs.tls.csms import SUITES_12, SUITES_13, ClientFiles, CsmsTrust, csms_context
from protocols.interfaces import evse_security
from protocols.types.evse_security import CaCertificateType, EncodingFormat, LeafCertificateType

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from actors.engine.base import SiteActor
    from actors.ocpp.messages import Dialling, Profile
    from protocols.message import Command, Reply

    Then = Callable[["ssl.SSLContext | Mishap | None"], None]

DEADLINE_S: Final = 10.0
MUTUAL: Final = 3
ROOTS: Final = evse_security.GetVerifyFile(certificate_type=CaCertificateType.CSMS)
LEAF: Final = evse_security.GetLeafCertificateInfo(
    certificate_type=LeafCertificateType.CSMS, encoding=EncodingFormat.PEM, include_ocsp=False
)


class Material:
    """What the certificate manager `security` has for one dialling after the other; empty: there is none."""

    def __init__(self, actor: SiteActor, security: str) -> None:
        self._actor, self._security = actor, security
        self._ask: int | None = None

    def fetch(self, profile: Profile, dialling: Dialling, then: Then) -> None:
        """Call `then` with the context, None where there is no TLS, or with what is missing for one."""
        if profile.security_profile not in OVER_TLS:
            then(None)
            return

        def have_leaf(roots: str, leaf: Reply | None) -> None:
            then(self._context(profile, dialling, roots, leaf))

        def have_roots(reply: Reply | None) -> None:
            if reply is not None and not isinstance(reply, evse_security.GetVerifyFileReply):
                then(_missing("the certificate manager does not answer"))
                return
            roots = reply.path if reply is not None else ""
            if profile.security_profile == MUTUAL:
                self._fetch(LEAF, lambda leaf: have_leaf(roots, leaf))
            else:
                have_leaf(roots, None)

        self._fetch(ROOTS, have_roots)

    def cancel(self) -> None:
        """Nobody waits any more."""
        if self._ask is not None:
            self._actor.withdraw(self._ask)
            self._ask = None

    def _fetch(self, wanted: Command, then: Callable[[Reply | None], None]) -> None:
        if not self._security:
            then(None)
            return

        def answered(reply: Reply) -> None:
            self._ask = None
            then(reply)

        self._ask = self._actor.ask(self._security, wanted, answered, deadline_s=DEADLINE_S, repeat=True)

    def _context(
        self, profile: Profile, dialling: Dialling, roots: str, leaf: Reply | None
    ) -> ssl.SSLContext | Mishap | None:
        try:
            trust = CsmsTrust(
                roots=load_certificates(Path(roots).read_bytes()) if roots else (),
                system_roots=dialling.use_system_roots,
                check_name=dialling.verify_common_name,
                allow_wildcards=dialling.allow_wildcards,
                clock=self._actor.port.clock.now,
            )
            context = csms_context(
                profile.security_profile,
                trust,
                client_files(leaf),
                suites=suites_of(dialling.ciphers_12) or SUITES_12,
                suites_13=suites_of(dialling.ciphers_13) or SUITES_13,
            )
        except (CertificateError, OSError) as error:
            return _missing(printable(_told(error)))
        if context is not None and dialling.key_log_file:
            self._log_keys(context, Path(dialling.key_log_file))
        return context

    def _log_keys(self, context: ssl.SSLContext, path: Path) -> None:
        try:
            append_privately(path, ())  # the library would let everybody read what it makes
            context.keylog_filename = str(path)
        except OSError as error:
            self._actor.log.warning("key_log_not_written", path=str(path), error=str(error))


def client_files(leaf: Reply | None) -> ClientFiles | None:
    """The station's certificate and key, as far as there is one that can be used."""
    if not isinstance(leaf, evse_security.GetLeafCertificateInfoReply) or (info := leaf.result.info) is None:
        return None
    chain = info.certificate or info.certificate_single
    if chain is None:
        return None
    password = info.password.encode() if info.password else None
    return ClientFiles(chain=Path(chain), key=Path(info.key), password=password)


def suites_of(listed: str) -> tuple[str, ...]:
    """A list of cipher suites as configured: with commas, colons or blanks between."""
    return tuple(listed.replace(",", " ").replace(":", " ").split())


def _told(error: CertificateError | OSError) -> str:
    """In one sentence: where something is missing, the detail is one."""
    if isinstance(error, CertificateError) and error.problem is Problem.EMPTY and error.detail:
        return error.detail
    return str(error)


def _missing(detail: str) -> Mishap:
    return Mishap(Trouble.NOT_READY, detail)
