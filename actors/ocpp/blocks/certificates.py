"""InstallCertificate, DeleteCertificate, GetInstalledCertificateIds (M03 to M05; rows S13.2, S13.3, S13.6).

The store decides and keeps; this block says it in OCPP's words. How many certificates there are is counted
anew whenever the store has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result
from ocpp.v21.enums import (
    DeleteCertificateStatusEnumType,
    GetInstalledCertificateStatusEnumType,
    InstallCertificateStatusEnumType,
)

from actors.ocpp.block import Block
from actors.ocpp.blocks import certificate_tables as tables
from actors.ocpp.blocks import root_replacement
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.requests import Origin, SetRequest
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_security
from protocols.message import message
from protocols.ocpp.errors import Code
from protocols.types.evse_security import (
    CaCertificateType,
    CertificateType,
    DeleteCertificateResult,
    InstallCertificateResult,
)
from protocols.types.ocpp import SetVariableStatusEnumType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

SECURED: Final = 2
"""From this security profile on nobody on the way can say something in the CSMS's name."""
ROOTS: Final = evse_security.GetInstalledCertificates(
    certificate_types=(CertificateType.CSMS_ROOT_CERTIFICATE,)
)
_Installed = InstallCertificateStatusEnumType
_Deleted = DeleteCertificateStatusEnumType


@message
class Deletion:
    """The store has been told to delete something, and its answer may have been lost with us."""

    message_id: str
    """Of the request."""

    @property
    def key(self) -> str:
        """The CSMS has one request open at a time."""
        return ""


# -- install -------------------------------------------------------------------------------------------------


def _install(turn: Turn, tag: int, request: call.InstallCertificate) -> None:
    """M05. Done twice it is done once: the store has it already."""
    authority = tables.AUTHORITIES.get(request.certificate_type)
    if authority is None:
        info = tables.status_info("UnsupportedParam", f"no place for {request.certificate_type}")
        turn.respond(tag, call_result.InstallCertificate(_Installed.rejected, status_info=info))
    elif not _may_install(turn, authority):
        info = tables.status_info("NotEnabled", "not over a connection without TLS")
        turn.respond(tag, call_result.InstallCertificate(_Installed.rejected, status_info=info))
    elif _full(turn):
        info = tables.status_info("OutOfStorage", "CertificateEntries")
        turn.respond(tag, call_result.InstallCertificate(_Installed.rejected, status_info=info))
    elif authority is CaCertificateType.CSMS and turn.model.read(variables.ADDITIONAL_ROOT_CHECK):
        turn.ask(Target.SECURITY, ROOTS, "certificates.roots", tag=tag, certificate=request.certificate)
    else:
        _have_installed(turn, tag, request.certificate, authority)


def _have_installed(turn: Turn, tag: int, certificate: str, authority: CaCertificateType) -> None:
    command = evse_security.InstallCaCertificate(certificate=certificate, certificate_type=authority)
    turn.ask(Target.SECURITY, command, "certificates.installed", tag=tag)


def _roots(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """M05.FR.10, FR.11."""
    tag, certificate = context["tag"], context["certificate"]
    if not isinstance(reply, evse_security.GetInstalledCertificatesReply):
        _installed(turn, context, reply)
        return
    present = [each.certificate_hash_data for each in reply.result.certificate_hash_data_chain]
    if root_replacement.stands_alone(certificate, present):
        info = tables.status_info("InvalidCertificate", "not signed by the root it would replace")
        turn.respond(tag, call_result.InstallCertificate(_Installed.rejected, status_info=info))
    else:
        _have_installed(turn, tag, certificate, CaCertificateType.CSMS)


def _may_install(turn: Turn, authority: CaCertificateType) -> bool:
    """M11.8."""
    link = turn.live.link
    profile = None if link is None else link.security_profile
    if profile is None:
        profile = turn.model.read(variables.SECURITY_PROFILE)
    leave = tables.UNSECURED.get(authority)
    return profile >= SECURED or leave is None or turn.model.read(leave)


def _full(turn: Turn) -> bool:
    """M05.FR.17: whether one more would be more than `CertificateEntries` may say."""
    component, variable = variables.CERTIFICATE_ENTRIES.at()
    more = turn.model.read(variables.CERTIFICATE_ENTRIES) + 1
    request = SetRequest(component=component, variable=variable, value=str(more))
    refused = turn.model.preview(request, Origin.INTERNAL)
    return refused is not None and refused.status is SetVariableStatusEnumType.REJECTED


def _installed(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if isinstance(reply, evse_security.InstallCaCertificateReply):
        result = reply.result
    else:
        turn.note("store_silent", warning=True, command="install_ca_certificate", why=str(reply))
        result = InstallCertificateResult.WRITE_ERROR
    status, info = tables.INSTALL_STATUS[result], tables.not_installed(result)
    turn.respond(context["tag"], call_result.InstallCertificate(status, status_info=info))


# -- delete --------------------------------------------------------------------------------------------------


def _delete(turn: Turn, tag: int, request: call.DeleteCertificate) -> None:
    """M04. Whoever asks again after our death is told what became of it, not that it is gone."""
    message_id = turn.live.in_hand[tag].message_id
    again = turn.get(Deletion) == Deletion(message_id=message_id)
    turn.put(Deletion(message_id=message_id))
    data = tables.from_wire(request.certificate_hash_data)
    command = evse_security.DeleteCertificate(certificate_hash_data=data)
    turn.ask(Target.SECURITY, command, "certificates.deleted", tag=tag, again=again)


def _deleted(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    turn.drop(Deletion)
    if not isinstance(reply, evse_security.DeleteCertificateReply):
        turn.note("store_silent", warning=True, command="delete_certificate", why=str(reply))
        info = tables.status_info("InternalError")
        turn.respond(context["tag"], call_result.DeleteCertificate(_Deleted.failed, status_info=info))
        return
    result = reply.result
    if context["again"] and result is DeleteCertificateResult.NOT_FOUND:
        result = DeleteCertificateResult.ACCEPTED
    turn.respond(context["tag"], call_result.DeleteCertificate(tables.DELETE_STATUS[result]))


# -- list ----------------------------------------------------------------------------------------------------


def _list(turn: Turn, tag: int, request: call.GetInstalledCertificateIds) -> None:
    """M03. Without types: of every type."""
    wanted = dict.fromkeys(request.certificate_type or tables.INSTALLED)
    types = tuple(tables.INSTALLED[each] for each in wanted if each in tables.INSTALLED)
    if not types:
        turn.respond(
            tag, call_result.GetInstalledCertificateIds(GetInstalledCertificateStatusEnumType.not_found)
        )
        return
    command = evse_security.GetInstalledCertificates(certificate_types=types)
    turn.ask(Target.SECURITY, command, "certificates.listed", tag=tag)


def _listed(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if not isinstance(reply, evse_security.GetInstalledCertificatesReply):
        turn.note("store_silent", warning=True, command="get_installed_certificates", why=str(reply))
        turn.refuse(context["tag"], Code.INTERNAL_ERROR, "the certificates cannot be read")
        return
    chains = [tables.chain_to_wire(each) for each in reply.result.certificate_hash_data_chain]
    status = GetInstalledCertificateStatusEnumType
    turn.respond(
        context["tag"],
        call_result.GetInstalledCertificateIds(
            status.accepted if chains else status.not_found, certificate_hash_data_chain=chains or None
        ),
    )


# -- their number --------------------------------------------------------------------------------------------


def _count(turn: Turn) -> None:
    command = evse_security.GetInstalledCertificates(certificate_types=tuple(tables.REPORTED))
    turn.ask(Target.SECURITY, command, "certificates.counted")


def _counted(turn: Turn, _context: Mapping[str, Any], reply: Reply) -> None:
    if isinstance(reply, evse_security.GetInstalledCertificatesReply):
        chains = reply.result.certificate_hash_data_chain
        found = {
            each
            for chain in chains
            for each in (chain.certificate_hash_data, *(chain.child_certificate_hash_data or ()))
        }
        if not turn.model.put(variables.CERTIFICATE_ENTRIES, len(found)).done:
            turn.note("certificates_uncounted", warning=True, certificates=len(found))


def _store_updated(turn: Turn, _peer: Peer, _news: evse_security.CertificateStoreUpdate) -> None:
    _count(turn)


BLOCK: Final = Block(
    name="certificates",
    resumed=_count,
    requests={
        call.InstallCertificate: _install,
        call.DeleteCertificate: _delete,
        call.GetInstalledCertificateIds: _list,
    },
    news={evse_security.CertificateStoreUpdate: _store_updated},
    replies={
        "certificates.roots": _roots,
        "certificates.installed": _installed,
        "certificates.deleted": _deleted,
        "certificates.listed": _listed,
        "certificates.counted": _counted,
    },
)
