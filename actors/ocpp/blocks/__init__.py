"""The functional blocks of OCPP 2, a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.blocks import (
    authorization,
    authorization_cache,
    boot,
    certificate_expiry,
    certificates,
    charging_limits,
    charging_needs,
    charging_profiles,
    charging_schedules,
    contract_certificates,
    csr,
    data_transfer,
    events,
    evse_conditions,
    firmware,
    local_list,
    log_upload,
    message_log,
    metering,
    network,
    network_configuration,
    network_profile,
    ocsp,
    prices,
    remote_transactions,
    reports,
    reset,
    security,
    simulation,
    site_variables,
    startup,
    status,
    transactions,
    trigger,
    unlock,
    variables,
)

if TYPE_CHECKING:
    from actors.ocpp.block import Block

BLOCKS: Final[tuple[Block, ...]] = (
    boot.BLOCK,
    evse_conditions.BLOCK,  # what others decide by
    metering.BLOCK,  # hears readings before transactions do
    transactions.BLOCK,
    prices.BLOCK,
    remote_transactions.BLOCK,
    charging_profiles.BLOCK,  # after those that begin and end transactions
    charging_schedules.BLOCK,
    charging_limits.BLOCK,
    charging_needs.BLOCK,
    reset.BLOCK,
    startup.BLOCK,
    network.BLOCK,  # asks whether all EVSEs are there, which startup knows
    network_configuration.BLOCK,
    network_profile.BLOCK,
    security.BLOCK,
    events.BLOCK,
    status.BLOCK,
    firmware.BLOCK,  # decides by what all others have heard
    log_upload.BLOCK,
    variables.BLOCK,
    site_variables.BLOCK,
    reports.BLOCK,
    authorization_cache.BLOCK,
    local_list.BLOCK,
    authorization.BLOCK,
    certificates.BLOCK,
    csr.BLOCK,
    certificate_expiry.BLOCK,
    ocsp.BLOCK,
    contract_certificates.BLOCK,
    unlock.BLOCK,
    trigger.BLOCK,
    data_transfer.BLOCK,
    message_log.BLOCK,
    simulation.BLOCK,
)
"""In the order in which they hear of things."""
