"""SetNetworkProfile: how the station is to reach a CSMS (B09; row M11.14).

What a profile must be like, and how it is kept, is in `device_model.network_profiles`. The link hears of it
at once and uses it when it dials next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import SetNetworkProfileStatusEnumType as Status

from actors.ocpp.block import Block
from actors.ocpp.blocks import network, security
from actors.ocpp.device_model import network_profiles

if TYPE_CHECKING:
    from actors.ocpp.turn import Turn


def _set(turn: Turn, tag: int, request: call.SetNetworkProfile) -> None:
    if (refused := network_profiles.judge(turn.model, request)) is not None:  # B09.FR.02, FR.04, FR.05
        _answer(turn, tag, Status.rejected, refused.code, refused.text)
        return
    result = network_profiles.write(turn.model, request)
    if not result.done:  # B09.FR.03
        reason = "InternalError" if result.reason is None else result.reason.value
        _answer(turn, tag, Status.failed, reason, result.info)
        return
    _answer(turn, tag, Status.accepted)  # B09.FR.01
    detail = f"network connection profile {request.configuration_slot} was set"
    security.report(turn, network.RECONFIGURED, detail)
    network.refresh(turn)


def _answer(turn: Turn, tag: int, status: Status, code: str = "", text: str = "") -> None:
    info = datatypes.StatusInfoType(reason_code=code, additional_info=text or None) if code else None
    turn.respond(tag, call_result.SetNetworkProfile(status, status_info=info))


BLOCK: Final = Block(name="network_profile", requests={call.SetNetworkProfile: _set})
