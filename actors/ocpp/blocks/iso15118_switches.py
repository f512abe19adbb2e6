"""What the switches of `ISO15118Ctrlr` mean together (rows M6.10, M9.8, S18.5, S21.4). Pure.

`Enabled` is the master: while it is false there is no Plug & Charge, no contract is installed and no
certificate of the station is renewed, whatever the others say. Cars may still speak ISO 15118 and be charged
by card; which protocols an EVSE speaks is for the site file to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.ocpp.device_model import variables

if TYPE_CHECKING:
    from actors.ocpp.device_model.model import DeviceModel


def contracts(model: DeviceModel) -> bool:
    """Whether cars may be charged by contract."""
    return model.read(variables.ISO15118_ENABLED) and model.read(variables.PNC_ENABLED)


def installs_contracts(model: DeviceModel) -> bool:
    """Whether contracts are installed in cars."""
    return model.read(variables.ISO15118_ENABLED) and model.read(variables.CONTRACT_INSTALLATION)


def installs_leaves(model: DeviceModel) -> bool:
    """Whether the CSMS signs certificates of the station for cars when it triggers that (S21.4).

    Where nothing is said of them alone, Plug & Charge decides.
    """
    wanted = model.find(variables.V2G_INSTALLATION)
    return contracts(model) if wanted is None else wanted and model.read(variables.ISO15118_ENABLED)


def renews_leaves(model: DeviceModel) -> bool:
    """Whether the station has them signed anew by itself (S18.5): with Plug & Charge, unless forbidden."""
    return contracts(model) and model.find(variables.V2G_INSTALLATION) is not False
