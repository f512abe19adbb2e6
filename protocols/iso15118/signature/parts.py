"""Which elements of which message are signed: a table, one row per message.

Sources: ISO 15118-2 7.9.2.4 (signed by: contract, OEM provisioning, provisioning service or, for tariffs,
mobility operator certificate), ISO 15118-20 7.9.2.4 and the Ids of its schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118 import iso2
from protocols.iso15118.iso20 import common as iso20

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ISO2_SCHEMA: Final = "iso2_msgdef"
ISO20_SCHEMA: Final = "iso20_common"


@dataclass(frozen=True, slots=True)
class Part:
    """One element to be signed."""

    name: str
    """Its element name, as the fragment is encoded."""
    element: Any
    schema: str

    @property
    def id(self) -> str | None:
        """The Id by which the signature refers to it."""
        found: str | None = self.element.id
        return found


def _itself(name: str) -> Callable[[Any], Iterable[tuple[str, Any]]]:
    return lambda body: ((name, body),)


def _provisioning(body: Any) -> Iterable[tuple[str, Any]]:
    return (
        ("ContractSignatureCertChain", body.contract_signature_cert_chain),
        ("ContractSignatureEncryptedPrivateKey", body.contract_signature_encrypted_private_key),
        ("DHpublickey", body.dh_public_key),
        ("eMAID", body.emaid),
    )


def _tariffs(body: iso2.ChargeParameterDiscoveryRes) -> Iterable[tuple[str, Any]]:
    schedules = body.sa_schedules
    tuples = schedules.sa_schedule_tuple if isinstance(schedules, iso2.SaScheduleList) else ()
    return (("SalesTariff", one.sales_tariff) for one in tuples if one.sales_tariff is not None)


def _prices(body: iso20.ScheduleExchangeRes) -> Iterable[tuple[str, Any]]:
    holders: list[Any] = [body.dynamic_se_res_control_mode]
    scheduled = body.scheduled_se_res_control_mode
    for one in scheduled.schedule_tuple if scheduled is not None else ():
        holders += [one.charging_schedule, one.discharging_schedule]
    for holder in filter(None, holders):
        if holder.absolute_price_schedule is not None:
            yield "AbsolutePriceSchedule", holder.absolute_price_schedule
        if holder.price_level_schedule is not None:
            yield "PriceLevelSchedule", holder.price_level_schedule


def _authorization(body: iso20.AuthorizationReq) -> Iterable[tuple[str, Any]]:
    if body.pnc_a_req_authorization_mode is not None:
        yield "PnC_AReqAuthorizationMode", body.pnc_a_req_authorization_mode


TABLE: Final[Mapping[type, tuple[str, Callable[[Any], Iterable[tuple[str, Any]]]]]] = {
    iso2.AuthorizationReq: (ISO2_SCHEMA, _itself("AuthorizationReq")),
    iso2.MeteringReceiptReq: (ISO2_SCHEMA, _itself("MeteringReceiptReq")),
    iso2.CertificateInstallationReq: (ISO2_SCHEMA, _itself("CertificateInstallationReq")),
    iso2.CertificateInstallationRes: (ISO2_SCHEMA, _provisioning),
    iso2.CertificateUpdateReq: (ISO2_SCHEMA, _itself("CertificateUpdateReq")),
    iso2.CertificateUpdateRes: (ISO2_SCHEMA, _provisioning),
    iso2.ChargeParameterDiscoveryRes: (ISO2_SCHEMA, _tariffs),
    iso20.AuthorizationReq: (ISO20_SCHEMA, _authorization),
    iso20.MeteringConfirmationReq: (
        ISO20_SCHEMA,
        lambda body: (("SignedMeteringData", body.signed_metering_data),),
    ),
    iso20.CertificateInstallationReq: (
        ISO20_SCHEMA,
        lambda body: (("OEMProvisioningCertificateChain", body.oem_provisioning_certificate_chain),),
    ),
    iso20.CertificateInstallationRes: (
        ISO20_SCHEMA,
        lambda body: (("SignedInstallationData", body.signed_installation_data),),
    ),
    iso20.ScheduleExchangeRes: (ISO20_SCHEMA, _prices),
}


def body_of(message: Any) -> Any:
    """The body: of a -2 message what it carries, of a -20 message the message itself."""
    return message.body.body_element if isinstance(message, iso2.V2gMessage) else message


def is_signable(message: Any) -> bool:
    """Whether the standard has elements of this message signed."""
    return type(body_of(message)) in TABLE


def parts_of(message: Any) -> tuple[Part, ...]:
    """The elements of a message that a signature has to cover; empty where there is nothing to sign."""
    body = body_of(message)
    schema, find = TABLE.get(type(body), ("", lambda _: ()))
    return tuple(Part(name, element, schema) for name, element in find(body))
