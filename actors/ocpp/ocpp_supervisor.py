"""How a site gets a module of OCPP 2.x: the charge point, the link to the CSMS and the message log below one
supervisor.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from actors.engine.branch import Branch, branch_config
from actors.engine.supervision import ChildSpec, Exhausted
from actors.ocpp.charge_point_actor import CHARGE_POINT, LINK, ChargePointActor
from actors.ocpp.csms_link_actor import CsmsLinkActor
from actors.ocpp.message_log_actor import MessageLogActor

SHUTDOWN_S: Final = 3.0


class OcppSupervisor(Branch):
    """Child of the site. Its successor starts the actors anew: the charge point has its journal, the link
    dials again, the log goes on at the end of its files.
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
        _message_log(main, link, charge_point),
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


def _message_log(main: ChildSpec, link: str, charge_point: str) -> ChildSpec:
    """Its directory is beside that of the journals, unless the site file says a whole path."""
    directory = Path(main.config["state"]).parent / main.config["parameters"]["MessageLogPath"]
    return ChildSpec(
        id="message_log",
        actor=_path(MessageLogActor),
        config={
            "path": str(directory),
            "charge_point": charge_point,
            "link": link,
            "ocpp": next(name for name, interface in main.grants.items() if interface == "ocpp"),
        },
        stage=0,
    )


def _path(actor: type) -> str:
    return f"{actor.__module__}.{actor.__qualname__}"
