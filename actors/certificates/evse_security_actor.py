"""The commands of `evse_security` and of this package, for the manager that takes them and its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.certificates import messages
from actors.engine.base import handles
from actors.module_actor import ModuleActor
from protocols.interfaces import evse_security as say

if TYPE_CHECKING:
    from actors.engine.base import Deferred
    from protocols.message import Command, Reply


class EvseSecurityActor(ModuleActor):
    """Has a handler for every command, and hands each to `carry_out`. Its successor recovers nothing."""

    def carry_out(self, command: Command) -> Deferred | Reply:
        """Do it, or have it done."""
        return self.unsupported(command)

    @handles(say.InstallCaCertificate)
    def handle_install_ca_certificate(self, cmd: say.InstallCaCertificate) -> Deferred | Reply:
        """Add a root or sub-CA (M8.7)."""
        return self.carry_out(cmd)

    @handles(say.DeleteCertificate)
    def handle_delete_certificate(self, cmd: say.DeleteCertificate) -> Deferred | Reply:
        """Remove a certificate and what is of no use without it (M8.13)."""
        return self.carry_out(cmd)

    @handles(say.UpdateLeafCertificate)
    def handle_update_leaf_certificate(self, cmd: say.UpdateLeafCertificate) -> Deferred | Reply:
        """Install a leaf whose key is here (M8.8)."""
        return self.carry_out(cmd)

    @handles(say.VerifyCertificate)
    def handle_verify_certificate(self, cmd: say.VerifyCertificate) -> Deferred | Reply:
        """Verify a chain (M8.9)."""
        return self.carry_out(cmd)

    @handles(say.GetInstalledCertificates)
    def handle_get_installed_certificates(self, cmd: say.GetInstalledCertificates) -> Deferred | Reply:
        """What is installed (M8.14)."""
        return self.carry_out(cmd)

    @handles(say.GetV2gOcspRequestData)
    def handle_get_v2g_ocsp_request_data(self, cmd: say.GetV2gOcspRequestData) -> Deferred | Reply:
        """What to ask responders about the station's own chains (M8.15)."""
        return self.carry_out(cmd)

    @handles(say.GetMoOcspRequestData)
    def handle_get_mo_ocsp_request_data(self, cmd: say.GetMoOcspRequestData) -> Deferred | Reply:
        """What to ask responders about a contract chain (M8.15)."""
        return self.carry_out(cmd)

    @handles(say.UpdateOcspCache)
    def handle_update_ocsp_cache(self, cmd: say.UpdateOcspCache) -> Deferred | Reply:
        """Keep a responder's answer (M8.16)."""
        return self.carry_out(cmd)

    @handles(say.IsCaCertificateInstalled)
    def handle_is_ca_certificate_installed(self, cmd: say.IsCaCertificateInstalled) -> Deferred | Reply:
        """Whether a domain has a root."""
        return self.carry_out(cmd)

    @handles(say.GenerateCertificateSigningRequest)
    def handle_generate_certificate_signing_request(
        self, cmd: say.GenerateCertificateSigningRequest
    ) -> Deferred | Reply:
        """A request for a new key (M8.10)."""
        return self.carry_out(cmd)

    @handles(say.GetLeafCertificateInfo)
    def handle_get_leaf_certificate_info(self, cmd: say.GetLeafCertificateInfo) -> Deferred | Reply:
        """The newest valid leaf (M8.11)."""
        return self.carry_out(cmd)

    @handles(say.GetAllValidCertificatesInfo)
    def handle_get_all_valid_certificates_info(
        self, cmd: say.GetAllValidCertificatesInfo
    ) -> Deferred | Reply:
        """The newest valid leaf below each root (M8.12)."""
        return self.carry_out(cmd)

    @handles(say.GetVerifyFile)
    def handle_get_verify_file(self, cmd: say.GetVerifyFile) -> Deferred | Reply:
        """A file with the CA certificates of a domain."""
        return self.carry_out(cmd)

    @handles(say.GetVerifyLocation)
    def handle_get_verify_location(self, cmd: say.GetVerifyLocation) -> Deferred | Reply:
        """A folder with them by hash."""
        return self.carry_out(cmd)

    @handles(say.GetLeafExpiryDaysCount)
    def handle_get_leaf_expiry_days_count(self, cmd: say.GetLeafExpiryDaysCount) -> Deferred | Reply:
        """How long a leaf is still valid (M8.17)."""
        return self.carry_out(cmd)

    @handles(say.VerifyFileSignature)
    def handle_verify_file_signature(self, cmd: say.VerifyFileSignature) -> Deferred | Reply:
        """Whether a file is what its maker signed (S13.5)."""
        return self.carry_out(cmd)

    @handles(messages.Verify)
    def handle_verify(self, cmd: messages.Verify) -> Deferred | Reply:
        """Verify a chain, and say why not."""
        return self.carry_out(cmd)

    @handles(messages.GetSeccCertificates)
    def handle_get_secc_certificates(self, cmd: messages.GetSeccCertificates) -> Deferred | Reply:
        """The leaves of one SECC."""
        return self.carry_out(cmd)

    @handles(messages.GenerateIso20SigningRequest)
    def handle_generate_iso20_signing_request(
        self, cmd: messages.GenerateIso20SigningRequest
    ) -> Deferred | Reply:
        """A request for a new key for ISO 15118-20."""
        return self.carry_out(cmd)

    @handles(messages.ListCertificates)
    def handle_list_certificates(self, cmd: messages.ListCertificates) -> Deferred | Reply:
        """Every certificate, for people."""
        return self.carry_out(cmd)
