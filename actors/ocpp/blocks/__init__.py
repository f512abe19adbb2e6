"""The functional blocks of OCPP 2, a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.blocks import (
    authorization,
    authorization_cache,
    boot,
    certificate_expiry,
    certificates,
    contract_certificates,
    csr,
    data_transfer,
    events,
    evse_conditions,
    local_list,
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
    reset.BLOCK,
    startup.BLOCK,
    network.BLOCK,  # asks whether all EVSEs are there, which startup knows
    network_configuration.BLOCK,
    network_profile.BLOCK,
    security.BLOCK,
    events.BLOCK,
    status.BLOCK,
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
