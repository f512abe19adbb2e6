"""Writes site files to begin with: simulated EVSEs, wired and commented, accepted by the checker."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AC_FUSE_A: Final = 32
DC_FUSE_A: Final = 80


class Ocpp(enum.StrEnum):
    """Version of the link to the CSMS."""

    NONE = "none"
    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"


class Current(enum.StrEnum):
    """What comes out of a plug."""

    AC = "ac"
    DC = "dc"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """What a new site shall have."""

    currents: tuple[Current, ...]
    """One for each EVSE."""
    ocpp: Ocpp = Ocpp.V21
    plug_and_charge: bool = True
    cars: bool = True
    """A simulated car at each EVSE."""

    @property
    def numbers(self) -> range:
        """The EVSE numbers."""
        return range(1, len(self.currents) + 1)

    def speaks_iso15118(self, number: int) -> bool:
        """Whether an EVSE needs a link for ISO 15118: always on DC, for Plug & Charge on AC."""
        return self.plug_and_charge or self.currents[number - 1] is Current.DC


def write_site(plan: SitePlan) -> str:
    """The site file as text."""
    blocks = [_head(plan), *(_evse(plan, number) for number in plan.numbers), *_common(plan)]
    return "\n".join(blocks)


def _head(plan: SitePlan) -> str:
    many = "EVSE" if len(plan.currents) == 1 else "EVSEs"
    what = ", ".join(
        f"{number} {one.upper()}" for number, one in zip(plan.numbers, plan.currents, strict=True)
    )
    csms = "no CSMS" if plan.ocpp is Ocpp.NONE else f"OCPP {plan.ocpp}"
    contract = "Plug & Charge" if plan.plug_and_charge else "no Plug & Charge"
    return (
        f"# A simulated site: {len(plan.currents)} {many} ({what}), {csms}, {contract}.\n"
        "# Check it with 'evsite check'; 'evsite schema' prints a schema that lets editors complete it.\n"
        "active_modules:\n"
    )


def _block(comment: str, lines: Iterable[str]) -> str:
    """A comment and an entry, indented below active_modules."""
    return "".join(f"  {line}\n" for line in (*(f"# {one}" for one in comment.splitlines()), *lines))


def _entry(
    module_id: str,
    module: str,
    *,
    evse: int | None = None,
    config: Iterable[str] = (),
    connections: Iterable[str] = (),
) -> Iterator[str]:
    yield f"{module_id}:"
    yield f"  module: {module}"
    if evse is not None:
        yield "  mapping:"
        yield "    module:"
        yield f"      evse: {evse}"
    for section, lines in (("config_module", list(config)), ("connections", list(connections))):
        if lines:
            yield f"  {section}:"
            yield from (f"    {line}" for line in lines)


def _wires(requirement: str, *names: str) -> Iterator[str]:
    yield f"{requirement}:"
    for name in names:
        module_id, _, implementation_id = name.partition("/")
        yield f"  - module_id: {module_id}"
        yield f"    implementation_id: {implementation_id}"


def _evse(plan: SitePlan, number: int) -> str:
    """Everything of one EVSE: the manager, its devices, its link to the car and the car."""
    dc = plan.currents[number - 1] is Current.DC
    blocks = [
        _manager(plan, number, dc=dc),
        _block(
            "Its board: pilot, contactor, lock, RCD and meter, simulated with the car's end of the cable.",
            _entry(f"board_{number}", "SimulatedBoard", evse=number, config=[f"connector_id: {number}"]),
        ),
    ]
    if dc:
        blocks += [
            _block(
                "Its DC supply, with a meter.", _entry(f"supply_{number}", "SimulatedDcSupply", evse=number)
            ),
            _block("Its isolation monitor.", _entry(f"imd_{number}", "SimulatedImd", evse=number)),
        ]
    if plan.speaks_iso15118(number):
        blocks += [
            _block("Its power line link, both ends.", _entry(f"slac_{number}", "SimulatedSlac", evse=number)),
            _v2g(plan, number),
        ]
    if plan.cars:
        blocks += _car(plan, number, dc=dc)
    return "\n".join(blocks)


def _manager(plan: SitePlan, number: int, *, dc: bool) -> str:
    config = [
        f"connector_id: {number}",
        f"evse_id: DE*PNX*E{number:05}*1  # what cars are told",
        f"charge_mode: {'DC' if dc else 'AC'}",
        f"connector_type: {'cCCS2' if dc else 'cType2'}",
    ]
    if plan.plug_and_charge:
        config += ["payment_enable_contract: true  # offer Plug & Charge"]
        config += [] if dc else ["ac_hlc_enabled: true  # on AC, Plug & Charge needs ISO 15118 switched on"]
    else:
        config += ["payment_enable_contract: false"]
    connections = [*_wires("bsp", f"board_{number}/board_support")]
    if dc:
        connections += [
            *_wires("powermeter_car_side", f"supply_{number}/powermeter"),
            *_wires("powersupply_DC", f"supply_{number}/main"),
            *_wires("imd", f"imd_{number}/main"),
        ]
    else:
        connections += [
            *_wires("powermeter_grid_side", f"board_{number}/powermeter"),
            *_wires("connector_lock", f"board_{number}/connector_lock"),
            *_wires("ac_rcd", f"board_{number}/rcd"),
        ]
    if plan.speaks_iso15118(number):
        connections += [*_wires("slac", f"slac_{number}/evse"), *_wires("hlc", f"v2g_{number}/charger")]
    connections += _wires("store", "store/main")
    return _block(
        f"EVSE {number}: {'DC' if dc else 'AC'}.",
        _entry(f"evse_{number}", "EvseManager", evse=number, config=config, connections=connections),
    )


def _v2g(plan: SitePlan, number: int) -> str:
    config = ["device: lo  # the simulated car is on the same machine"]
    config.append("supported_ISO15118_20: true  # beside -2 and DIN 70121, over the same port")
    if plan.plug_and_charge:
        config += [
            "tls_security: allow  # Plug & Charge needs TLS; force refuses cars without it",
            "verify_contract_cert_chain: false  # the validator does that",
        ]
    return _block(
        "Its link to the car: DIN 70121, ISO 15118-2 and ISO 15118-20.",
        _entry(
            f"v2g_{number}",
            "EvseV2G",
            evse=number,
            config=config,
            connections=_wires("security", "certificates/main"),
        ),
    )


def _car(plan: SitePlan, number: int, *, dc: bool) -> list[str]:
    connections = [*_wires("ev_board_support", f"board_{number}/ev_board_support")]
    link = []
    if plan.speaks_iso15118(number):
        connections += [*_wires("ev", f"car_{number}_v2g/ev"), *_wires("slac", f"slac_{number}/ev")]
        config = ["device: lo", "supported_ISO15118_2: true"]
        if plan.plug_and_charge:
            config += ["tls_active: true", f"is_cert_install_needed: {'true' if dc else 'false'}"]
        link = [
            _block(
                "Its side of ISO 15118.",
                _entry(f"car_{number}_v2g", "SimulatedCarV2g", evse=number, config=config),
            )
        ]
    config = [f"connector_id: {number}", "auto_enable: true"]
    config += ["dc_target_voltage: 400", "dc_target_current: 100"] if dc else ["max_current: 16"]
    car = _entry(f"car_{number}", "SimulatedCar", evse=number, config=config, connections=connections)
    return [_block(f"The car at EVSE {number}.", car), *link]


def _common(plan: SitePlan) -> Iterator[str]:
    """What the site has once."""
    ocpp = plan.ocpp is not Ocpp.NONE
    if ocpp or any(map(plan.speaks_iso15118, plan.numbers)):
        yield _block(
            "Certificates and keys; the only module that touches their directories.",
            _entry("certificates", "EvseSecurity"),
        )
    yield _auth(plan)
    yield _block(
        "A card reader whose cards come over the gateway.", _entry("reader", "DummyTokenProviderManual")
    )
    if ocpp:
        yield _ocpp(plan)
        yield _block("Firmware, logs, clock and reset, simulated.", _entry("system", "System"))
    else:
        yield _block(
            "Who may charge: the tokens of this list.",
            _entry(
                "allow_list",
                "LocalAllowlistTokenValidator",
                config=["allowlist_file: allowlist.yaml"],
                connections=_wires("security", "certificates/main") if plan.plug_and_charge else (),
            ),
        )
    yield from _energy(plan)
    yield _block("Values that outlive a restart.", _entry("store", "PersistentStore"))
    yield _block("Every error there was.", _entry("error_history", "ErrorHistory"))


def _auth(plan: SitePlan) -> str:
    managers = [f"evse_{number}" for number in plan.numbers]
    ocpp = plan.ocpp is not Ocpp.NONE
    providers = ["reader/main", *(["ocpp/auth_provider"] if ocpp else [])]
    if plan.plug_and_charge:  # S4.8
        providers += [f"{one}/token_provider" for one in managers]
    validator = "ocpp/auth_validator" if ocpp else "allow_list/token_validator"
    connections = [
        *_wires("token_provider", *providers),
        *_wires("token_validator", validator),
        *_wires("evse_manager", *(f"{one}/evse" for one in managers)),
        *_wires("kvs", "store/main"),
    ]
    comment = (
        "Decides which token may charge where; keeps the reservations. EVSEs in the order of their numbers."
    )
    config = ["connection_timeout: 60", "selection_algorithm: PlugEvents"]
    return _block(comment, _entry("auth", "Auth", config=config, connections=connections))


def _ocpp(plan: SitePlan) -> str:
    linked = [number for number in plan.numbers if plan.speaks_iso15118(number)]
    sinks = ["grid/external_limits", *(f"fuse_{number}/external_limits" for number in plan.numbers)]
    connections = [
        *_wires("evse_manager", *(f"evse_{number}/evse" for number in plan.numbers)),
        *_wires("auth", "auth/main"),
        *_wires("reservation", "auth/reservation"),
        *_wires("system", "system/main"),
        *_wires("security", "certificates/main"),
        *_wires("evse_energy_sink", *sinks),
    ]
    if linked:
        connections += _wires("extensions_15118", *(f"v2g_{number}/extensions" for number in linked))
    config = ["MessageLogPath: message_log  # below the state directory"]
    if set(plan.currents) == {Current.DC}:
        config.append("RequestCompositeScheduleUnit: W")
    if plan.ocpp is Ocpp.V16:
        comment = (
            "The link to the CSMS. Its address and the keys of OCPP 1.6 stand in ocpp-config.json\n"
            "(ChargePointConfigPath), which comes with the OCPP part of evsite."
        )
        return _block(comment, _entry("ocpp", "OCPP", config=config, connections=connections))
    versions = "ocpp2.1,ocpp2.0.1" if plan.ocpp is Ocpp.V21 else "ocpp2.0.1"
    comment = (
        "The link to the CSMS. Its address, NetworkConnectionProfiles, stands in InternalCtrlr.json of the\n"
        "device model: the directory component_config below the state directory. It appears at the first\n"
        "start, with ws://localhost:9000; 'evsite components init' makes it before.\n"
        f"There, SupportedOcppVersions shall be {versions}."
    )
    return _block(comment, _entry("ocpp", "OCPP201", config=config, connections=connections))


def _energy(plan: SitePlan) -> Iterator[str]:
    fuses = [DC_FUSE_A if one is Current.DC else AC_FUSE_A for one in plan.currents]
    yield _block(
        "Shares the power of the site.",
        _entry("energy", "EnergyManager", connections=_wires("energy_trunk", "grid/energy_grid")),
    )
    yield _block(
        "The grid connection; limits of the CSMS for the whole station arrive here.",
        _entry(
            "grid",
            "EnergyNode",
            evse=0,
            config=[f"fuse_limit_A: {sum(fuses)}", "phase_count: 3"],
            connections=_wires("energy_consumer", *(f"fuse_{number}/energy_grid" for number in plan.numbers)),
        ),
    )
    for number, fuse_a in zip(plan.numbers, fuses, strict=True):
        yield _block(
            f"The fuse of EVSE {number}; limits of the CSMS for it arrive here.",
            _entry(
                f"fuse_{number}",
                "EnergyNode",
                evse=number,
                config=[f"fuse_limit_A: {fuse_a}", "phase_count: 3"],
                connections=_wires("energy_consumer", f"evse_{number}/energy_grid"),
            ),
        )
