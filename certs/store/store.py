"""The store of certificates and keys: what EVerest's interface `evse_security` promises, method by method.

One file because it is the interface, command by command; what they do is in the modules beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.keys import KeyKind
from certs.profiles import Domain
from certs.requests import Subject
from certs.store import (
    answers,
    authorities,
    changes,
    decisions,
    deletion,
    leaves,
    listing,
    lookup,
    renewal,
    signed_files,
    upkeep,
)
from certs.store.upkeep import Limits
from certs.store.vault import Vault
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime
    from pathlib import Path

    from certs.store.answers import OcspUpdate
    from certs.store.changes import Changes, Snapshot
    from certs.store.listing import Listed
    from certs.store.settings import Layout, Settings
    from certs.verdict import Verdict

_Operation = types.CertificateStoreUpdateOperation


class Store:
    """An open store. It has no clock: `now`, always with a time zone, is an argument.

    Opening makes missing folders and files, completes a change that a kill has cut short, and removes what
    it left behind. StoreError where a path cannot be used or written, or while somebody else keeps writing.
    Several processes may have the same store open: changes are made under a lock, and noticed by all.
    Everything is immediate but key generation (RSA), verification and the disk; a caller with a deadline
    opens a store of its own in another process.
    """

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self._settings = settings
        self._limits = limits or Limits()
        self._vault = Vault(settings)
        self._told = changes.snapshot(self._vault.index)
        self._told_of = self._vault.generation
        self._pending: list[types.CertificateStoreUpdate] = []

    @property
    def layout(self) -> Layout:
        """Where everything lies."""
        return self._vault.layout

    # --- the commands, in the order of the interface ---------------------------------------------------

    def install_ca_certificate(
        self, certificate: str, certificate_type: types.CaCertificateType, *, now: datetime
    ) -> types.InstallCertificateResult:
        """Add a root, or a sub-CA below an installed root, to a bundle (M8.7)."""
        domain = Domain(certificate_type.value)
        result = authorities.install(self._vault, certificate, domain, now, self._limits)
        if result is types.InstallCertificateResult.ACCEPTED:
            self._pending.append(changes.authority(domain, _Operation.INSTALLED))
        return result

    def delete_certificate(
        self, certificate_hash_data: types.CertificateHashData
    ) -> types.DeleteCertificateResult:
        """Remove a CA certificate, or a SECC leaf or sub-CA with chain, key and OCSP answers (M8.13)."""
        return deletion.delete(self._vault, certificate_hash_data)

    def update_leaf_certificate(
        self, certificate_chain: str, certificate_type: types.LeafCertificateType, *, now: datetime
    ) -> types.InstallCertificateResult:
        """Install a leaf, with or without its chain, whose key is in the store (M8.8)."""
        domain = Domain(certificate_type.value)
        result = renewal.update_leaf(self._vault, certificate_chain, domain, now, self._limits)
        if result is types.InstallCertificateResult.ACCEPTED:
            self._pending.append(changes.leaf(domain, _Operation.INSTALLED))
        return result

    def verify_certificate(
        self,
        certificate_chain: str,
        certificate_types: Sequence[types.LeafCertificateType],
        *,
        now: datetime,
    ) -> types.CertificateValidationResult:
        """Verify a chain against the roots of all these domains (M8.9). Unknown for no domain or no chain."""
        domains = tuple(dict.fromkeys(Domain(one.value) for one in certificate_types))
        return decisions.validate(certificate_chain, self._vault.index, domains, now)

    def judge(self, certificates: Sequence[bytes], domains: Sequence[Domain], *, now: datetime) -> Verdict:
        """As `verify_certificate`, for DER in any order and every domain, and with the reason."""
        return decisions.judge(certificates, self._vault.index, tuple(dict.fromkeys(domains)), now)

    def get_installed_certificates(
        self, certificate_types: Sequence[types.CertificateType], *, now: datetime
    ) -> types.GetInstalledCertificatesResult:
        """The hash data of installed roots and own V2G chains (M8.14); of every type if none is named."""
        return lookup.installed(self._vault.index, certificate_types, now)

    def get_v2g_ocsp_request_data(self, *, now: datetime) -> types.OCSPRequestDataList:
        """What to ask responders about the station's own V2G chains (M8.15)."""
        return answers.v2g_request_data(self._vault.index, now)

    def get_mo_ocsp_request_data(self, certificate_chain: str, *, now: datetime) -> types.OCSPRequestDataList:
        """What to ask responders about a contract chain (M8.15)."""
        return answers.mo_request_data(self._vault.index, certificate_chain, now)

    def update_ocsp_cache(
        self, certificate_hash_data: types.CertificateHashData, ocsp_response: str, *, now: datetime
    ) -> OcspUpdate:
        """Keep a responder's answer, in base64, once it is verified (M8.16)."""
        return answers.update_cache(self._vault, certificate_hash_data, ocsp_response, now)

    def is_ca_certificate_installed(self, certificate_type: types.CaCertificateType) -> bool:
        """Whether there is a root of this domain, whatever its validity."""
        return bool(self._vault.index.roots(Domain(certificate_type.value)))

    def generate_certificate_signing_request(
        self,
        certificate_type: types.LeafCertificateType,
        country: str,
        organization: str,
        common: str,
        *,
        use_tpm: bool,
        now: datetime,
        key_kind: KeyKind = KeyKind.P256,
    ) -> types.GetCertificateSignRequestResult:
        """A request for a new key, which never leaves the store (M8.10)."""
        return renewal.request(
            self._vault,
            Domain(certificate_type.value),
            Subject(common_name=common, organization=organization, country=country),
            now,
            self._limits,
            use_tpm=use_tpm,
            kind=key_kind,
        )

    def get_leaf_certificate_info(
        self,
        certificate_type: types.LeafCertificateType,
        encoding: types.EncodingFormat,
        *,
        include_ocsp: bool,
        now: datetime,
        secc_id: str | None = None,
    ) -> types.GetCertificateInfoResult:
        """The newest valid leaf with its key (M8.11), for an EVSE if possible one made out to its SeccId."""
        return lookup.leaf_info(
            self._vault.index,
            certificate_type,
            encoding,
            now,
            include_ocsp=include_ocsp,
            password=self._settings.private_key_password,
            secc_id=secc_id,
        )

    def get_all_valid_certificates_info(
        self,
        certificate_type: types.LeafCertificateType,
        encoding: types.EncodingFormat,
        *,
        include_ocsp: bool,
        now: datetime,
        secc_id: str | None = None,
    ) -> types.GetCertificateFullInfoResult:
        """The newest valid leaf with its key below each root (M8.12), for an EVSE as above."""
        return lookup.all_valid(
            self._vault.index,
            certificate_type,
            encoding,
            now,
            include_ocsp=include_ocsp,
            password=self._settings.private_key_password,
            secc_id=secc_id,
        )

    def get_verify_file(self, certificate_type: types.CaCertificateType) -> str:
        """The path of a file with the CA certificates of a domain; empty if there are none. StoreError."""
        return authorities.verify_file(self._vault, Domain(certificate_type.value))

    def get_verify_location(self, certificate_type: types.CaCertificateType) -> str:
        """The path of a folder with them under hashed names; empty if there are none. StoreError."""
        return authorities.verify_location(self._vault, Domain(certificate_type.value))

    def get_leaf_expiry_days_count(
        self, certificate_type: types.LeafCertificateType, *, now: datetime
    ) -> int:
        """For how many days a valid leaf is there, a renewed one included; 0 if there is none (M8.17)."""
        return lookup.expiry_days(self._vault.index, certificate_type, now)

    def verify_file_signature(self, file_path: str, signing_certificate: str, signature: str) -> bool:
        """Whether a file is what the holder of this certificate has signed; `signature` is base64."""
        return signed_files.verify_file(file_path, signing_certificate, signature)

    def verify_file_in_steps(
        self, file_path: str, signing_certificate: str, signature: str
    ) -> Generator[None, None, bool]:
        """The same, a piece of the file at a time."""
        return signed_files.in_steps(file_path, signing_certificate, signature)

    # --- for whoever verifies certificates himself ------------------------------------------------------

    def revocation_lists(self) -> tuple[Path, ...]:
        """The readable files in the folder of revocation lists."""
        return tuple(sorted(self._vault.index.revocation_lists))

    def vehicle_roots(self) -> tuple[Path, ...]:
        """The files with roots for vehicles beside those of V2G, as far as they are there."""
        path = self._vault.layout.vehicles
        return (path,) if path is not None and path.is_file() else ()

    def listed(self, *, now: datetime) -> tuple[Listed, ...]:
        """Every certificate, for people."""
        return listing.listed(self._vault.index, now)

    # --- for whoever keeps the store -------------------------------------------------------------------

    def changes(self) -> Changes:
        """What has come and gone since the last call, by commands or by people's hands. Call it often."""
        index, found = self._vault.refresh(), changes.Changes()
        if self._told_of != self._vault.generation:
            now = changes.snapshot(index)
            found = changes.between(self._told, now)
            self._told, self._told_of = now, self._vault.generation
        updates = tuple(dict.fromkeys((*self._pending, *found.updates)))
        self._pending = []
        return changes.Changes(updates=updates, ocsp=found.ocsp)

    def fingerprint(self) -> str:
        """Changes with any file of the store."""
        self._vault.refresh()
        return self._vault.scan.fingerprint

    def snapshot(self, *, now: datetime) -> Snapshot:
        """What others would see, for whoever keeps in mind himself what he has told (`changes.between`).

        As of the last `fingerprint`; a file written in place since then is not noticed.
        """
        return changes.snapshot(self._vault.index, now)

    def next_moment(self, *, now: datetime) -> datetime | None:
        """When the snapshot will change although no file does."""
        return changes.next_moment(self._vault.index, now)

    def next_switch(self, certificate_type: types.LeafCertificateType, *, now: datetime) -> datetime | None:
        """When another leaf may have to be shown: the next beginning or end of a leaf's validity."""
        return leaves.next_switch(self._vault.index.leaves.get(Domain(certificate_type.value), ()), now)

    def is_full(self) -> bool:
        """Whether nothing may be added before something is removed (M8.18)."""
        self._vault.refresh()
        return upkeep.is_full(self._vault.scan, self._limits)

    def collect_garbage(self, *, now: datetime) -> tuple[Path, ...]:
        """Remove keys of requests nobody has answered, and in a full store what has expired (M8.10, M8.18).

        Returns what was removed. StoreError and OSError where the store cannot be written.
        """
        return upkeep.collect(self._vault, now, self._limits)

    def troubles(self) -> tuple[tuple[Path, str], ...]:
        """Files something is wrong with, and what: not readable, no key, a link out of the store."""
        outside = ((path, "a link out of the store") for path in self._vault.scan.outside)
        return (*self._vault.index.troubles(), *outside)
