"""Actor of the station's own list of tokens. Its EVerest interface is `auth_token_validator`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.auth.allow_list import (
    MAX_BYTES,
    AllowList,
    AllowListError,
    contract_entry,
    is_contract_of,
    judgement,
    read_allow_list,
    token_entry,
)
from actors.engine.base import Deferred, handles
from actors.errors.raising import Raising
from actors.module_actor import ModuleActor
from protocols.errors import Generic
from protocols.interfaces import auth_token_validator as say
from protocols.interfaces import evse_security
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    CertificateStatus,
    ValidationResult,
)
from protocols.types.evse_security import CertificateValidationResult, LeafCertificateType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.message import Reply
    from protocols.types.authorization import ProvidedIdToken

LOOK_S: Final = 1.0
"""How often the file is looked at."""
VERIFY_S: Final = 10.0
"""A contract that is not verified by then is not known."""

_A, _C, _V = AuthorizationStatus, CertificateStatus, CertificateValidationResult
REFUSALS: Final[Mapping[CertificateValidationResult, tuple[AuthorizationStatus, CertificateStatus]]] = (
    MappingProxyType(
        {
            _V.EXPIRED: (_A.EXPIRED, _C.CERTIFICATE_EXPIRED),
            _V.INVALID_SIGNATURE: (_A.INVALID, _C.SIGNATURE_ERROR),
            _V.INVALID_LEAF_SIGNATURE: (_A.INVALID, _C.SIGNATURE_ERROR),
            _V.ISSUER_NOT_FOUND: (_A.INVALID, _C.CERT_CHAIN_ERROR),
            _V.INVALID_CHAIN: (_A.INVALID, _C.CERT_CHAIN_ERROR),
            _V.UNKNOWN: (_A.UNKNOWN, _C.CERT_CHAIN_ERROR),
        }
    )
)
"""What becomes of a contract whose chain is not good."""


class AllowListActor(ModuleActor):
    """Child of the site. Judges tokens by a file that people write (`allow_list`), and contracts once the
    connected `security` has verified their chain; without that it knows no contract.

    The file is looked at every second; a relative path begins at the state directory. A file that is missing
    is an empty list. One that cannot be read or is wrong leaves the last good list in force, is logged with
    file and line, and stands as error `generic/VendorWarning` until it is good again. Its successor reads the
    file; a list that was good only before the death is gone then, so nobody is known until it is mended.
    """

    def __init__(self) -> None:
        super().__init__()
        self._listed = AllowList()
        self._seen: tuple[int, int, int] | None = None
        """Inode, size and time of the file that was read last; None: there was none."""
        self._path = Path()
        self._errors: Raising | None = None
        self._problem = ""

    def on_start(self) -> None:
        """Read the list."""
        self._path = Path(self.config["state"]).parent / self.parameters["allowlist_file"]
        self._errors = Raising(self, self.grants[0].name, say.ERRORS)
        self._errors.publish()
        if not self._path.exists():
            self.log.warning("allow_list_missing", file=str(self._path))
        self._look()

    @handles(say.ValidateToken)
    def handle_validate_token(self, cmd: say.ValidateToken) -> say.ValidateTokenReply | Deferred:
        """Look the token up."""
        token = cmd.provided_token
        if token.authorization_type is not AuthorizationType.PLUG_AND_CHARGE:
            return self._reply(judgement(token_entry(self._listed, token), self.port.clock.now()))
        chain, security = token.certificate, self.connected("security")
        if chain is None or not is_contract_of(chain, token.id_token.value):
            return self._refusal(_A.INVALID, _C.NO_CERTIFICATE_AVAILABLE)
        if not security:
            return self._refusal(_A.UNKNOWN, _C.NO_CERTIFICATE_AVAILABLE)
        deferred = self.defer()
        self.ask(
            security[0],
            evse_security.VerifyCertificate(
                certificate_chain=chain, certificate_types=(LeafCertificateType.MO, LeafCertificateType.V2G)
            ),
            partial(self._verified, token, deferred),
            deadline_s=VERIFY_S,
            repeat=True,
        )
        return deferred

    def _verified(self, token: ProvidedIdToken, deferred: Deferred, reply: Reply) -> None:
        found = _V.UNKNOWN
        if isinstance(reply, evse_security.VerifyCertificateReply):
            found = reply.result
        if found is not _V.VALID:
            deferred.answer(self._refusal(*REFUSALS[found]))
            return
        entry = contract_entry(self._listed, token.id_token.value)
        deferred.answer(self._reply(judgement(entry, self.port.clock.now(), _C.ACCEPTED)))

    def _refusal(self, status: AuthorizationStatus, certificate: CertificateStatus) -> say.ValidateTokenReply:
        return self._reply(
            ValidationResult(authorization_status=status, certificate_status=certificate, tariff_messages=())
        )

    def _reply(self, result: ValidationResult) -> say.ValidateTokenReply:
        self.log.info("token_judged", status=str(result.authorization_status))
        return say.ValidateTokenReply(validation_result=result)

    # -- the file ------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Read the file if it is not the one that was read last."""
        self.start_timer("look", LOOK_S, self._look)
        try:
            seen = self._stamp()
            if seen != self._seen:
                self._seen = seen
                self._listed = self._read() if seen is not None else AllowList()
                self._good()
        except OSError as error:
            self._bad(f"{self._path}: {error.strerror or error}")
        except AllowListError as error:
            self._bad(str(error))

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self) -> AllowList:
        with self._path.open("rb") as file:
            return read_allow_list(file.read(MAX_BYTES + 1), str(self._path))

    def _good(self) -> None:
        assert self._errors is not None
        self._problem = ""
        self._errors.clear_all()
        self.log.info(
            "allow_list_read", tokens=len(self._listed.tokens), contracts=len(self._listed.contracts)
        )

    def _bad(self, problem: str) -> None:
        assert self._errors is not None
        if problem != self._problem:
            self._problem = problem
            self.log.error("allow_list_broken", problem=problem)
        self._errors.raise_error(Generic.VENDOR_WARNING, problem)
