"""What each command does with the store, and what is answered when it cannot be done. Pure but for the store.

One row per command. `run` is what a worker does; `failed` is the answer when that was not possible: the value
EVerest has for it, or `Failure` where EVerest has none or it would say something that is not so ("not
found", "0 days").
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actors.certificates import messages
from certs import pem
from certs.keys import KeyKind
from certs.profiles import Domain
from certs.store import OcspUpdate, changes
from certs.verdict import Refused
from protocols.interfaces import evse_security as say
from protocols.message import Command, Failure, FailureReason, Reply
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from certs.store import Store

MAX_GIVEN_BYTES: Final = 1024 * 1024
"""Of all texts of one command together. A chain of eight certificates of the largest size has 0.7 MiB."""
TOO_MUCH: Final = f"more than {MAX_GIVEN_BYTES} bytes"

Installed = types.InstallCertificateResult
Operation = types.CertificateStoreUpdateOperation
Updates = tuple[types.CertificateStoreUpdate, ...]


def unable(detail: str) -> Failure:
    """The store cannot be used, or those who use it have died over this command."""
    return Failure(reason=FailureReason.UNAVAILABLE, detail=detail)


@dataclass(frozen=True, slots=True)
class Row:
    """One command."""

    run: Callable[[Store, Any, datetime], Reply]
    failed: Callable[[str], Reply] = unable
    """The answer when it could not be done, or is not known to be."""
    refused: Callable[[str], Reply] | None = None
    """The answer to too long a text; None: as `failed`."""
    writes: bool = False
    announces: Callable[[Any, Reply, Updates], Updates] | None = None
    """What is published beside what a look finds."""


def _install_ca_certificate(store: Store, cmd: say.InstallCaCertificate, now: datetime) -> Reply:
    result = store.install_ca_certificate(cmd.certificate, cmd.certificate_type, now=now)
    return say.InstallCaCertificateReply(result=result)


def _installed_ca(result: Installed) -> say.InstallCaCertificateReply:
    return say.InstallCaCertificateReply(result=result)


def _announce_ca(cmd: say.InstallCaCertificate, reply: Reply, _seen: Updates) -> Updates:
    accepted = reply == _installed_ca(Installed.ACCEPTED)
    domain = Domain(cmd.certificate_type.value)
    return (changes.authority(domain, Operation.INSTALLED),) if accepted else ()


def _delete_certificate(store: Store, cmd: say.DeleteCertificate, _now: datetime) -> Reply:
    return _deleted(store.delete_certificate(cmd.certificate_hash_data))


def _deleted(result: types.DeleteCertificateResult) -> say.DeleteCertificateReply:
    return say.DeleteCertificateReply(result=result)


def _announce_deletion(_cmd: say.DeleteCertificate, reply: Reply, seen: Updates) -> Updates:
    """A CA that goes is seen; a leaf that had no key, and so nobody knew of, is not."""
    known = any(one.operation is Operation.DELETED for one in seen)
    accepted = reply == _deleted(types.DeleteCertificateResult.ACCEPTED)
    return (changes.leaf(Domain.V2G, Operation.DELETED),) if accepted and not known else ()


def _update_leaf_certificate(store: Store, cmd: say.UpdateLeafCertificate, now: datetime) -> Reply:
    return _updated(store.update_leaf_certificate(cmd.certificate_chain, cmd.certificate_type, now=now))


def _updated(result: Installed) -> say.UpdateLeafCertificateReply:
    return say.UpdateLeafCertificateReply(result=result)


def _announce_leaf(cmd: say.UpdateLeafCertificate, reply: Reply, _seen: Updates) -> Updates:
    accepted = reply == _updated(Installed.ACCEPTED)
    return (changes.leaf(Domain(cmd.certificate_type.value), Operation.INSTALLED),) if accepted else ()


def _verify_certificate(store: Store, cmd: say.VerifyCertificate, now: datetime) -> Reply:
    return _validated(store.verify_certificate(cmd.certificate_chain, cmd.certificate_types, now=now))


def _validated(result: types.CertificateValidationResult) -> say.VerifyCertificateReply:
    return say.VerifyCertificateReply(result=result)


def _get_installed_certificates(store: Store, cmd: say.GetInstalledCertificates, now: datetime) -> Reply:
    result = store.get_installed_certificates(cmd.certificate_types, now=now)
    return say.GetInstalledCertificatesReply(result=result)


def _get_v2g_ocsp_request_data(store: Store, _cmd: say.GetV2gOcspRequestData, now: datetime) -> Reply:
    return say.GetV2gOcspRequestDataReply(request_data=store.get_v2g_ocsp_request_data(now=now))


def _get_mo_ocsp_request_data(store: Store, cmd: say.GetMoOcspRequestData, now: datetime) -> Reply:
    data = store.get_mo_ocsp_request_data(cmd.certificate_chain, now=now)
    return say.GetMoOcspRequestDataReply(request_data=data)


def _no_request_data(_detail: str) -> Reply:
    """As for every chain that cannot be read."""
    nothing = types.OCSPRequestDataList(ocsp_request_data_list=())
    return say.GetMoOcspRequestDataReply(request_data=nothing)


def _update_ocsp_cache(store: Store, cmd: say.UpdateOcspCache, now: datetime) -> Reply:
    """EVerest's command has no result; that an answer was not taken is told as Failure."""
    outcome = store.update_ocsp_cache(cmd.certificate_hash_data, cmd.ocsp_response, now=now)
    if outcome is OcspUpdate.STORED:
        return Reply()
    return unable(str(outcome)) if outcome is OcspUpdate.WRITE_ERROR else _senseless(str(outcome))


def _senseless(detail: str) -> Failure:
    return Failure(reason=FailureReason.INVALID, detail=detail)


def _is_ca_certificate_installed(store: Store, cmd: say.IsCaCertificateInstalled, _now: datetime) -> Reply:
    installed = store.is_ca_certificate_installed(cmd.certificate_type)
    return say.IsCaCertificateInstalledReply(installed=installed)


def _generate_request(store: Store, cmd: say.GenerateCertificateSigningRequest, now: datetime) -> Reply:
    result = store.generate_certificate_signing_request(
        cmd.certificate_type, cmd.country, cmd.organization, cmd.common, use_tpm=cmd.use_tpm, now=now
    )
    return say.GenerateCertificateSigningRequestReply(result=result)


def _generate_iso20_request(store: Store, cmd: messages.GenerateIso20SigningRequest, now: datetime) -> Reply:
    result = store.generate_certificate_signing_request(
        types.LeafCertificateType.V2G,
        cmd.country,
        cmd.organization,
        cmd.common,
        use_tpm=cmd.use_tpm,
        now=now,
        key_kind=KeyKind.P521,
    )
    return say.GenerateCertificateSigningRequestReply(result=result)


def _no_request(_detail: str) -> Reply:
    status = types.GetCertificateSignRequestStatus.GENERATION_ERROR
    result = types.GetCertificateSignRequestResult(status=status)
    return say.GenerateCertificateSigningRequestReply(result=result)


def _get_leaf_certificate_info(store: Store, cmd: say.GetLeafCertificateInfo, now: datetime) -> Reply:
    result = store.get_leaf_certificate_info(
        cmd.certificate_type, cmd.encoding, include_ocsp=cmd.include_ocsp, now=now
    )
    return say.GetLeafCertificateInfoReply(result=result)


def _no_leaf(_detail: str) -> Reply:
    result = types.GetCertificateInfoResult(status=types.GetCertificateInfoStatus.REJECTED)
    return say.GetLeafCertificateInfoReply(result=result)


def _get_all_valid(store: Store, cmd: say.GetAllValidCertificatesInfo, now: datetime) -> Reply:
    result = store.get_all_valid_certificates_info(
        cmd.certificate_type, cmd.encoding, include_ocsp=cmd.include_ocsp, now=now
    )
    return say.GetAllValidCertificatesInfoReply(result=result)


_NO_LEAVES: Final = types.GetCertificateFullInfoResult(
    status=types.GetCertificateInfoStatus.REJECTED, info=()
)


def _get_secc_certificates(store: Store, cmd: messages.GetSeccCertificates, now: datetime) -> Reply:
    result = store.get_all_valid_certificates_info(
        types.LeafCertificateType.V2G,
        types.EncodingFormat.PEM,
        include_ocsp=True,
        now=now,
        secc_id=cmd.secc_id or None,
    )
    return messages.GetSeccCertificatesReply(
        result=result,
        revocation_lists=tuple(map(str, store.revocation_lists())),
        vehicle_roots=tuple(map(str, store.vehicle_roots())),
    )


def _get_verify_file(store: Store, cmd: say.GetVerifyFile, _now: datetime) -> Reply:
    return say.GetVerifyFileReply(path=store.get_verify_file(cmd.certificate_type))


def _get_verify_location(store: Store, cmd: say.GetVerifyLocation, _now: datetime) -> Reply:
    return say.GetVerifyLocationReply(path=store.get_verify_location(cmd.certificate_type))


def _get_leaf_expiry_days_count(store: Store, cmd: say.GetLeafExpiryDaysCount, now: datetime) -> Reply:
    days = store.get_leaf_expiry_days_count(cmd.certificate_type, now=now)
    return say.GetLeafExpiryDaysCountReply(days=days)


def _verify_file_signature(store: Store, cmd: say.VerifyFileSignature, _now: datetime) -> Reply:
    valid = store.verify_file_signature(cmd.file_path, cmd.signing_certificate, cmd.signature)
    return say.VerifyFileSignatureReply(valid=valid)


def _list_certificates(store: Store, _cmd: messages.ListCertificates, now: datetime) -> Reply:
    found = (messages.ListedCertificate(**dataclasses.asdict(one)) for one in store.listed(now=now))
    return messages.ListCertificatesReply(certificates=tuple(found))


def _verify(store: Store, cmd: messages.Verify, now: datetime) -> messages.Verdict:
    verdict = store.judge(cmd.certificates, cmd.domains, now=now)
    result = types.CertificateValidationResult(verdict.result.value)
    if not isinstance(verdict, Refused):
        return messages.Verdict(result=result, path=tuple(pem.to_der(one) for one in verdict.path))
    faulty = None if verdict.certificate is None else pem.to_der(verdict.certificate)
    return messages.Verdict(
        result=result, reason=str(verdict.reason), detail=verdict.detail, certificate=faulty
    )


ROWS: Final[Mapping[type[Command], Row]] = {
    say.InstallCaCertificate: Row(
        _install_ca_certificate,
        lambda _: _installed_ca(Installed.WRITE_ERROR),
        lambda _: _installed_ca(Installed.INVALID_FORMAT),
        writes=True,
        announces=_announce_ca,
    ),
    say.DeleteCertificate: Row(
        _delete_certificate,
        lambda _: _deleted(types.DeleteCertificateResult.FAILED),
        writes=True,
        announces=_announce_deletion,
    ),
    say.UpdateLeafCertificate: Row(
        _update_leaf_certificate,
        lambda _: _updated(Installed.WRITE_ERROR),
        lambda _: _updated(Installed.INVALID_FORMAT),
        writes=True,
        announces=_announce_leaf,
    ),
    say.VerifyCertificate: Row(
        _verify_certificate, lambda _: _validated(types.CertificateValidationResult.UNKNOWN)
    ),
    say.GetInstalledCertificates: Row(_get_installed_certificates),
    say.GetV2gOcspRequestData: Row(_get_v2g_ocsp_request_data),
    say.GetMoOcspRequestData: Row(_get_mo_ocsp_request_data, refused=_no_request_data),
    say.UpdateOcspCache: Row(_update_ocsp_cache, refused=_senseless, writes=True),
    say.IsCaCertificateInstalled: Row(_is_ca_certificate_installed),
    say.GenerateCertificateSigningRequest: Row(_generate_request, _no_request, writes=True),
    say.GetLeafCertificateInfo: Row(_get_leaf_certificate_info, _no_leaf),
    say.GetAllValidCertificatesInfo: Row(
        _get_all_valid, lambda _: say.GetAllValidCertificatesInfoReply(result=_NO_LEAVES)
    ),
    say.GetVerifyFile: Row(_get_verify_file, writes=True),
    say.GetVerifyLocation: Row(_get_verify_location, writes=True),
    say.GetLeafExpiryDaysCount: Row(_get_leaf_expiry_days_count),
    say.VerifyFileSignature: Row(
        _verify_file_signature, refused=lambda _: say.VerifyFileSignatureReply(valid=False)
    ),
    messages.Verify: Row(
        _verify, lambda _: messages.Verdict(result=types.CertificateValidationResult.UNKNOWN)
    ),
    messages.GetSeccCertificates: Row(
        _get_secc_certificates, lambda _: messages.GetSeccCertificatesReply(result=_NO_LEAVES)
    ),
    messages.ListCertificates: Row(_list_certificates),
    messages.GenerateIso20SigningRequest: Row(_generate_iso20_request, _no_request, writes=True),
}
"""Every command. `get_verify_*` write copies for others to read, so they take their turn, too."""


def given_bytes(command: Command) -> int:
    """How much a command carries, in characters or bytes."""
    values = (getattr(command, one.name) for one in dataclasses.fields(command))
    return sum(_length(value) for value in values)


def _length(value: object) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    return sum(_length(one) for one in value) if isinstance(value, tuple) else 0


def settled(command: Command, reply: Reply, *, attempts: int, changed: bool) -> Reply:
    """The answer to a command that was done more than once because a worker died over it.

    All but one may be done twice. A deletion that finds nothing the second time was carried out the first
    time, if the files of the store have changed since before.
    """
    again = isinstance(command, say.DeleteCertificate) and attempts > 1
    if again and changed and reply == _deleted(types.DeleteCertificateResult.NOT_FOUND):
        return _deleted(types.DeleteCertificateResult.ACCEPTED)
    return reply


def announced(command: Command, reply: Reply, seen: Updates) -> Updates:
    """What is published once a command that writes is done: what a look has found, and what it says."""
    row = ROWS.get(type(command))
    own = row.announces(command, reply, seen) if row is not None and row.announces is not None else ()
    return tuple(dict.fromkeys((*seen, *own)))


def failed(command: Command, failure: Failure) -> Reply:
    """The answer when it could not be done."""
    row = ROWS.get(type(command))
    return failure if row is None else row.failed(failure.detail)


def refused(row: Row) -> Reply:
    """The answer to a command that carries too much."""
    return (row.refused or row.failed)(TOO_MUCH)
