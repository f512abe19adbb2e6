"""The TLS contexts of a link, kept up with the certificate store; talks that run keep what they have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.certificates.messages import GetSeccCertificates, GetSeccCertificatesReply, RevocationChanged
from actors.v2g.link import material
from certs.tls import ServerContexts
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason
from protocols.types.evse_security import CaCertificateType, EncodingFormat, LeafCertificateType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from actors.engine.base import SiteActor
    from certs.tls import Edition
    from protocols.message import Reply

    Chains = evse_security.GetAllValidCertificatesInfoReply | GetSeccCertificatesReply

DEADLINE_S: Final = 10.0
RETRY_S: Final = 5.0
"""Until the certificate manager is asked again that has not answered."""
CHAINS: Final = evse_security.GetAllValidCertificatesInfo(
    certificate_type=LeafCertificateType.V2G, encoding=EncodingFormat.PEM, include_ocsp=True
)
ROOTS: Final = evse_security.GetVerifyFile(certificate_type=CaCertificateType.V2G)


class ServerCertificates:
    """What the certificate manager `security` has for TLS servers; `changed` is called when that has changed.

    `contexts` is None as long as there is nothing to serve TLS with. `editions`: those that are served.
    """

    def __init__(
        self,
        actor: SiteActor,
        security: str,
        *,
        editions: Collection[Edition],
        key_log: bool,
        changed: Callable[[], None],
    ) -> None:
        self._actor, self._security, self._key_log, self._changed = actor, security, key_log, changed
        self._editions = editions
        self._secc_id = ""
        self._fetching = self._stale = False
        """Stale: what is being fetched may be older than the last news."""
        self.contexts: ServerContexts | None = None

    def be(self, secc_id: str) -> None:
        """Show the chains first that are made out to this SECC."""
        if secc_id != self._secc_id:
            self._secc_id = secc_id
            self.fetch()

    def follow(self) -> None:
        """Fetch now, and whenever certificates or what is known of their revocation have changed."""
        for news in (evse_security.CertificateStoreUpdate, RevocationChanged):
            self._actor.subscribe(self._security, news, lambda _news: self.fetch())
        self.fetch()

    def fetch(self) -> None:
        """Ask for the chains and the revocation lists, then for the roots of vehicles.

        One fetch at a time, and once more after it where it was asked for meanwhile: the manager's workers
        answer in any order, so of two fetches under way the older one might be used last.
        """
        if self._fetching:
            self._stale = True
            return
        self._fetching = True
        wanted = GetSeccCertificates(secc_id=self._secc_id)
        self._actor.ask(self._security, wanted, self._have_chains, deadline_s=DEADLINE_S, repeat=True)

    def _have_chains(self, chains: Reply) -> None:
        if isinstance(chains, Failure) and chains.reason is FailureReason.UNSUPPORTED:
            self._actor.ask(self._security, CHAINS, self._have_all, deadline_s=DEADLINE_S, repeat=True)
            return  # a certificate manager of somebody else, which has no lists
        self._have_all(chains)

    def _have_all(self, chains: Reply) -> None:
        if not isinstance(chains, evse_security.GetAllValidCertificatesInfoReply | GetSeccCertificatesReply):
            self._actor.log.warning("v2g_certificates_unknown", reply=repr(chains), retry_s=RETRY_S)
            self._fetching = self._stale = False
            self._actor.start_timer("fetch certificates", RETRY_S, self.fetch)
            return
        self._actor.ask(
            self._security, ROOTS, lambda roots: self._use(chains, roots), deadline_s=DEADLINE_S, repeat=True
        )

    def _use(self, chains: Chains, roots: Reply) -> None:
        ours = chains if isinstance(chains, GetSeccCertificatesReply) else None
        v2g = (roots.path,) if isinstance(roots, evse_security.GetVerifyFileReply) and roots.path else ()
        gathered = material.gather(
            chains.result.info,
            b"\n".join(map(self._read_roots, (*v2g, *(ours.vehicle_roots if ours is not None else ())))),
            _read,
            editions=self._editions,
            lists=ours.revocation_lists if ours is not None else (),
        )
        for problem in gathered.problems:
            self._actor.log.warning("v2g_certificate_unusable", problem=problem)
        if gathered.material is None:
            self.contexts = None
            self._actor.log.warning("v2g_without_tls", status=chains.result.status.value)
        elif self.contexts is None:
            self.contexts = ServerContexts(gathered.material, key_log=self._key_log)
        else:
            self.contexts.update(gathered.material)
        again, self._fetching, self._stale = self._stale, False, False
        self._changed()
        if again:
            self.fetch()

    def _read_roots(self, path: str) -> bytes:
        try:
            return _read(path)
        except OSError as error:
            self._actor.log.warning("v2g_roots_unreadable", path=path, error=str(error))
            return b""


def _read(path: str) -> bytes:
    return Path(path).read_bytes()
