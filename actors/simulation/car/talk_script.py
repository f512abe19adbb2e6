"""What a simulated car of the site file is in the language of `evsite ev`. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PAYMENTS: Final = {"externalpayment": "eim", "contract": "contract", "eim": "eim"}
LONG_MINUTES: Final = 10_000
"""A car of the site charges until its program, or the station, ends that."""


def talk_script(car: Mapping[str, Any], mode: str, pay: str, v2g: Mapping[str, Any]) -> str:
    """The script of one talk. `car`: parameters of SimulatedCar; `v2g`: those of SimulatedCarV2g.

    With `dc_bpt` it gives energy back, as long as its battery is above `dc_discharge_v2g_minimal_soc`. Only
    ISO 15118-20 can, in scheduled control, where the car decides about that.
    """
    dc, back = mode.startswith("dc"), mode == "dc_bpt"
    what: dict[str, Any] = {
        "evcc_id": f"02:45:56:00:00:{int(car['connector_id']) % 256:02X}",
        "protocols": _protocols(v2g, dc=dc),
        "mode": "dc" if dc else "ac",
        "patience": 3,
        "tls": bool(v2g.get("tls_active")),
        "install": "missing" if v2g.get("is_cert_install_needed") else "never",
        "read_services": bool(v2g.get("request_all_service_details")),
        "choose_services": bool(v2g.get("select_all_vas_services")),
        "departure_s": int(car["departure_time"]),
        **_limits(car),
    }
    charge: dict[str, Any] = {"minutes": LONG_MINUTES}
    if back:
        what |= {"mode": mode, "protocols": ["iso20"], "control": "scheduled"}
        what["battery"]["discharge_w"] = int(car["dc_discharge_max_power_limit"])
        charge = {"discharge_to_soc_percent": int(car["dc_discharge_v2g_minimal_soc"])}
    if "control" in v2g:
        what["control"] = v2g["control"]
    if pay in PAYMENTS:
        what["pay"] = PAYMENTS[pay]
    steps = ["plug", {"charge": charge}, "unplug"]
    return json.dumps({"car": what, "steps": steps})  # JSON is YAML


def _protocols(v2g: Mapping[str, Any], *, dc: bool) -> list[str]:
    """The newest first."""
    spoken = {
        "iso20": v2g.get("supported_ISO15118_20_DC" if dc else "supported_ISO15118_20_AC"),
        "iso2": v2g.get("supported_ISO15118_2", True),
        "din": v2g.get("supported_DIN70121") and dc,
    }
    return [name for name, speaks in spoken.items() if speaks] or ["iso2"]


def _limits(car: Mapping[str, Any]) -> dict[str, Any]:
    """Battery, onboard charger and DC inlet."""
    return {
        "battery": {
            "capacity_wh": max(1000, int(car["dc_energy_capacity"])),
            "soc_percent": int(car["soc"]),
        },
        "ac": {
            "phases": 3 if car["three_phases"] else 1,
            "voltage_v": round(car["ac_nominal_voltage"]),
            "max_current_a": max(1, round(car["max_current"])),
        },
        "dc": {
            "max_current_a": int(car["dc_max_current_limit"]),
            "max_power_w": int(car["dc_max_power_limit"]),
            "max_voltage_v": int(car["dc_max_voltage_limit"]),
        },
    }
