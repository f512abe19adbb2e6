"""How a site gets a module of OCPP 2.x: the charge point and the link to the CSMS below one supervisor."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from actors.engine.branch import Branch, branch_config
from actors.engine.supervision import ChildSpec, Exhausted
from actors.ocpp.charge_point_actor import CHARGE_POINT, LINK, ChargePointActor
from actors.ocpp.csms_link_actor import CsmsLinkActor

SHUTDOWN_S: Final = 3.0


class OcppSupervisor(Branch):
    """Child of the site. Its successor starts both actors anew: the charge point has its journal, the link
    dials again.
    """


def branch(main: ChildSpec) -> ChildSpec:
    """What stands in the tree for a module OCPP201; `main` is the charge point by itself."""
    module = main.config["module"]
    link, charge_point = f"{module}/{LINK}", f"{module}/{CHARGE_POINT}"
    security = next(iter(main.config["connections"].get("security", ())), "")
    children = [
        replace(
            main,
            id=CHARGE_POINT,
            actor=_path(ChargePointActor),
            grants={**main.grants, charge_point: ""},
            stage=1,
        ),
        replace(
            main,
            id="csms_link",
            actor=_path(CsmsLinkActor),
            grants={link: ""},
            config={"charge_point": charge_point, "security": security},
            stage=0,
        ),
    ]
    return ChildSpec(
        id=main.id,
        actor=_path(OcppSupervisor),
        config=branch_config(children),
        evse=main.evse,
        stage=main.stage,
        exhausted=Exhausted.GIVE_UP,
        retry_s=10.0,
        shutdown_s=SHUTDOWN_S,
    )


def _path(actor: type) -> str:
    return f"{actor.__module__}.{actor.__qualname__}"
