"""A site of simulated hardware and cars, made from few words, as a site file.

file = site_file({1: Ac(), 2: Dc(program="...", pay="Contract")})
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

BASIC = "sleep 0.3;iec_wait_pwr_ready;draw_power_regulated 16,3;sleep {seconds};unplug"
SPOKEN = (
    "sleep 0.3;iso_wait_slac_matched;iso_start_v2g_session {mode},{pay};iso_dc_power_on;"
    "sleep {seconds};iso_stop_charging;iso_wait_v2g_session_stopped;unplug"
)
BOTH_WAYS = {"bpt_channel": "Unified", "bpt_generator_mode": "GridFollowing"}
DETOUR = (
    "sleep 0.3;iso_wait_slac_matched;iso_start_v2g_session DC,{pay};sleep 1;iso_wait_v2g_session_stopped;"
    "sleep 1;iso_wait_pwm_is_running;iso_wait_slac_matched;iso_start_v2g_session AC,{pay};iso_wait_pwr_ready;"
    "sleep {seconds};iso_stop_charging;iso_wait_v2g_session_stopped;unplug"
)
"""A car that goes along with `ac_with_soc`: it talks about DC first."""


@dataclass(frozen=True, kw_only=True)
class Car:
    """What stands at an EVSE."""

    dc: bool = False
    speaks: bool = False
    pay: str = "ExternalPayment"
    """Or Contract."""
    wallet: str = "car"
    """The folder of its certificates."""
    iso20: bool = False
    gives_back: bool = False
    """DC by ISO 15118-20: it is discharged."""
    detour: bool = False
    """AC: the station asks for its state of charge first, by a detour through DC."""
    card: str = ""
    """A card that is presented whenever the EVSE asks."""
    seconds: float = 3.0

    @property
    def program(self) -> str:
        if not self.speaks:
            return BASIC.format(seconds=self.seconds)
        mode = "DC_BPT" if self.gives_back else "DC" if self.dc else "AC"
        spoken = DETOUR if self.detour else SPOKEN
        return spoken.format(mode=mode, pay=self.pay, seconds=self.seconds)


def wire(module: str, implementation: str) -> list[dict[str, str]]:
    return [{"module_id": module, "implementation_id": implementation}]


def evse(number: int, car: Car) -> dict[str, Any]:
    """The modules of one EVSE."""
    mapping = {"module": {"evse": number}}
    connections = {"bsp": wire(f"board_{number}", "board_support")}
    modules: dict[str, Any] = {
        f"board_{number}": {
            "module": "SimulatedBoard", "mapping": mapping, "config_module": {"connector_id": number}
        },
        f"car_{number}": {
            "module": "SimulatedCar",
            "mapping": mapping,
            "config_module": {
                "connector_id": number, "auto_enable": True, "auto_exec": True,
                "auto_exec_commands": car.program,
            },
            "connections": {"ev_board_support": wire(f"board_{number}", "ev_board_support")},
        },
    }  # fmt: skip
    if car.dc:
        modules[f"supply_{number}"] = {"module": "SimulatedDcSupply", "mapping": mapping}
        modules[f"imd_{number}"] = {"module": "SimulatedImd", "mapping": mapping}
        connections |= {
            "powermeter_car_side": wire(f"supply_{number}", "powermeter"),
            "powersupply_DC": wire(f"supply_{number}", "main"),
            "imd": wire(f"imd_{number}", "main"),
        }
    else:
        connections |= {
            "powermeter_grid_side": wire(f"board_{number}", "powermeter"),
            "connector_lock": wire(f"board_{number}", "connector_lock"),
            "ac_rcd": wire(f"board_{number}", "rcd"),
        }
    if car.speaks:
        modules |= _speaking(number, car, mapping)
        connections |= {"slac": wire(f"slac_{number}", "evse"), "hlc": wire(f"v2g_{number}", "charger")}
        modules[f"car_{number}"]["connections"]["ev"] = wire(f"car_{number}_v2g", "ev")
    modules[f"evse_{number}"] = {
        "module": "EvseManager",
        "mapping": mapping,
        "config_module": {
            "connector_id": number,
            "evse_id": f"DE*PNX*E{number:05}*1",
            "charge_mode": "DC" if car.dc else "AC",
            "connector_type": "cCCS2" if car.dc else "cType2",
            "ac_hlc_enabled": car.speaks and not car.dc,
            "ac_with_soc": car.detour,
        }
        | (BOTH_WAYS if car.gives_back else {}),
        "connections": connections,
    }
    return modules


def _speaking(number: int, car: Car, mapping: dict[str, Any]) -> dict[str, Any]:
    link = "EvseV2G"
    speaks: dict[str, Any] = {"tls_security": "allow", "supported_ISO15118_20": car.iso20}
    if car.gives_back:
        link, speaks = "Evse15118D20", {"supported_scheduled_mode": True}
    return {
        f"slac_{number}": {"module": "SimulatedSlac", "mapping": mapping},
        f"v2g_{number}": {
            "module": link,
            "mapping": mapping,
            "config_module": {"device": "lo", **speaks},
            "connections": {"security": wire("certificates", "main")},
        },
        f"car_{number}_v2g": {
            "module": "SimulatedCarV2g",
            "mapping": mapping,
            "config_module": {
                "device": "lo",
                "supported_ISO15118_2": not car.iso20,
                "supported_ISO15118_20_DC": car.iso20 and car.dc,
                "supported_ISO15118_20_AC": car.iso20 and not car.dc,
                "tls_active": True,
                "certificates": car.wallet,
            },
        },
    }


def site_file(cars: dict[int, Car], *, component_config: str = "") -> str:
    """The whole site: EVSEs, certificates, authorization against a validator that accepts everybody.

    With a device model (`component_config`) the validator is the CSMS.
    """
    modules: dict[str, Any] = {}
    for number, car in cars.items():
        modules |= evse(number, car)
    providers = [wire(f"evse_{number}", "token_provider")[0] for number in cars]
    for number, car in cars.items():
        if car.card:
            modules[f"reader_{number}"] = {
                "module": "DummyTokenProvider",
                "config_implementation": {"main": {"token": car.card, "connector_id": number}},
                "connections": {"evse": wire(f"evse_{number}", "evse")},
            }
            providers += wire(f"reader_{number}", "main")
    modules |= {
        "certificates": {"module": "EvseSecurity"},
        "auth": {
            "module": "Auth",
            "config_module": {"connection_timeout": 60, "selection_algorithm": "PlugEvents"},
            "connections": {
                "token_provider": providers,
                "token_validator": wire("validator", "main"),
                "evse_manager": [wire(f"evse_{number}", "evse")[0] for number in cars],
            },
        },
        "validator": {
            "module": "DummyTokenValidator",
            "config_implementation": {"main": {"validation_result": "Accepted", "sleep": 0.1}},
        },
    }
    if component_config:
        modules |= _ocpp(modules, list(cars), component_config)
    return yaml.safe_dump({"active_modules": modules}, sort_keys=False)


def _ocpp(modules: dict[str, Any], evses: list[int], component_config: str) -> dict[str, Any]:
    del modules["validator"]
    connections = modules["auth"]["connections"]
    connections["token_validator"] = wire("ocpp", "auth_validator")
    connections["token_provider"] += wire("ocpp", "auth_provider")
    speaking = [number for number in evses if f"v2g_{number}" in modules]
    return {
        "system": {"module": "System"},
        "ocpp": {
            "module": "OCPP201",
            "config_module": {"DeviceModelConfigPath": component_config, "MessageLogPath": "message_log"},
            "connections": {
                "evse_manager": [wire(f"evse_{number}", "evse")[0] for number in evses],
                "auth": wire("auth", "main"),
                "reservation": wire("auth", "reservation"),
                "system": wire("system", "main"),
                "security": wire("certificates", "main"),
                "extensions_15118": [wire(f"v2g_{number}", "extensions")[0] for number in speaking],
            },
        },
    }
