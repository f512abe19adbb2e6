"""Parameters of the V2G modules of the site file, as the core and the link want them (M7.1 to M7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc.settings import Settings
from certs.tls import Edition

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE: Final[Mapping[str, str]] = {
    "supported_DIN70121": "din70121",
    "supported_ISO15118_2": "iso15118_2",
    "supported_ISO15118_20": "iso15118_20",
    "verify_contract_cert_chain": "verify_contract_cert_chain",
    "auth_timeout_pnc": "auth_timeout_pnc_s",
    "auth_timeout_eim": "auth_timeout_eim_s",
    "terminate_connection_on_failed_response": "terminate_connection_on_failed_response",
    "supported_dynamic_mode": "dynamic_mode",
    "supported_scheduled_mode": "scheduled_mode",
    "supported_mobility_needs_mode_provided_by_secc": "mobility_needs_from_station",
    "custom_protocol_namespace": "custom_protocol_namespace",
    "negative_bidirectional_limits": "negative_bidirectional_limits",
}
"""Name in the site file, name in the settings; what a module does not have keeps its default."""


def settings_of(parameters: Mapping[str, Any]) -> Settings:
    """The core's settings."""
    return Settings(**{ours: parameters[theirs] for theirs, ours in TABLE.items() if theirs in parameters})


def editions_of(parameters: Mapping[str, Any]) -> frozenset[Edition]:
    """Whose TLS is spoken: 1.3 where -20 is, 1.2 unless it is refused (M7.4)."""
    enforced = parameters.get("tls_negotiation_strategy") == "ENFORCE_TLS"
    refused = {Edition.ISO2} if enforced and parameters.get("enforce_tls_1_3") else set()
    unspoken = set() if settings_of(parameters).iso15118_20 else {Edition.ISO20}
    return frozenset(Edition) - refused - unspoken
