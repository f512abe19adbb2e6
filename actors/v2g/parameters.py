"""Parameters of the V2G modules of the site file, as the core and the link want them (M7.1 to M7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.v2g.secc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE: dict[str, str] = {
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
