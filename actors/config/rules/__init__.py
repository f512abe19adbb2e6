"""Rules about a site as a whole, beyond the manifest of each module.

A rule is a function of the site and a report; it changes nothing and raises nothing. It must bear a site with
errors, because all problems of a file are told at once: what is wrong by itself is simply missing by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.config.rules.authorization import (
    check_master_data,
    check_payment,
    check_plug_and_charge,
    check_token_providers,
)
from actors.config.rules.devices import check_dc, check_high_level, check_shared_devices
from actors.config.rules.energy import check_energy_tree, check_schedules, check_sinks
from actors.config.rules.evses import check_evse_numbers, check_evse_order, check_mappings
from actors.config.rules.gateway import check_external, check_gateways
from actors.config.rules.mux import check_muxes
from actors.config.rules.station import check_certificate_paths, check_singles, check_store_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.config.report import Report
    from actors.config.rules.site import Site

RULES: Final[tuple[Callable[[Site, Report], None], ...]] = (
    check_evse_numbers,
    check_evse_order,
    check_mappings,
    check_dc,
    check_high_level,
    check_shared_devices,
    check_muxes,
    check_payment,
    check_plug_and_charge,
    check_token_providers,
    check_master_data,
    check_sinks,
    check_schedules,
    check_energy_tree,
    check_singles,
    check_certificate_paths,
    check_store_files,
    check_gateways,
    check_external,
)

__all__ = ["RULES"]
