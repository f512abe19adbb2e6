"""Plug & Charge and the ways of authorization (rows S4.3 to S4.9, M1.2, M6.10, M6.17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.config.problems import quoted
from actors.config.rules.devices import is_dc, speaks_iso15118
from actors.config.rules.site import provided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.config.model import ModuleEntry
    from actors.config.report import Report
    from actors.config.rules.site import Site

TIMEOUT_BY_COMMAND: Final = (10, 300)
"""Bounds of the connection time-out that the CSMS can set, in s (M1.2)."""


def offers_contract(entry: ModuleEntry) -> bool:
    """Whether an EVSE offers Plug & Charge to cars, TLS aside (S4.3, S4.4)."""
    return speaks_iso15118(entry) and entry.parameters.get("payment_enable_contract") is True


def check_payment(site: Site, report: Report) -> None:
    """What an EVSE's switches say about payment must be able to happen (S4.3, S4.5, M6.10)."""
    for entry in site.evse_managers():
        path = (*entry.path, "config_module")
        contract, eim = (
            entry.parameters.get(name) for name in ("payment_enable_contract", "payment_enable_eim")
        )
        if contract is False and eim is False:
            report.warning(
                (*path, "payment_enable_eim"),
                "both ways to pay are off",
                "External payment is offered all the same; switch one of them on.",
            )
        if contract is not True or "payment_enable_contract" not in entry.given:
            continue
        if not is_dc(entry) and entry.parameters.get("ac_hlc_enabled") is False:
            report.warning(
                (*path, "payment_enable_contract"),
                "Plug & Charge is switched on, and ac_hlc_enabled is false",
                "On AC, Plug & Charge needs ac_hlc_enabled: true.",
            )
        _check_tls(site, entry, report)


def _check_tls(site: Site, entry: ModuleEntry, report: Report) -> None:
    """Plug & Charge runs over TLS only (S4.5)."""
    hlc = site.target(entry, "hlc")
    if hlc is None:
        return
    module, _ = hlc
    for parameter, off in (("tls_security", "prohibit"), ("tls_negotiation_strategy", "ENFORCE_NO_TLS")):
        if module.parameters.get(parameter) == off:
            report.warning(
                (*module.path, "config_module", parameter),
                f"without TLS {quoted(entry.id)} cannot offer Plug & Charge",
                f"Allow TLS, or set payment_enable_contract of {quoted(entry.id)} to false.",
            )


def _auths(site: Site) -> Iterator[ModuleEntry]:
    """Those of ours; what a program from outside goes by when it decides is its own matter."""
    return (
        entry
        for entry in site.modules.values()
        if provided(entry, "auth") and "evse_manager" in entry.manifest.requires
    )


def check_token_providers(site: Site, report: Report) -> None:
    """Tokens that come from the car reach Auth only by the EVSE's own token provider (S4.8, M6.17)."""
    for auth in _auths(site):
        listed = {wire.name for wire in auth.connections["token_provider"]}
        for _, _, manager in site.wires(auth, auth.manifest.requires["evse_manager"]):
            names = [f"{manager.id}/{one}" for one in provided(manager, "auth_token_provider")]
            if not names or listed.intersection(names):
                continue
            what = _tokens_of_its_own(manager)
            if what:
                report.warning(
                    (*auth.path, "connections", "token_provider"),
                    f"{quoted(names[0])} is not listed, so {what} of {quoted(manager.id)} never gets here",
                    f"Add module_id: {manager.id}, implementation_id: {names[0].partition('/')[2]}.",
                )


def _tokens_of_its_own(manager: ModuleEntry) -> str:
    if offers_contract(manager):
        return "the Plug & Charge token"
    return "the Autocharge token" if manager.parameters.get("enable_autocharge") is True else ""


def check_plug_and_charge(site: Site, report: Report) -> None:
    """With Plug & Charge only OCPP validates: a second validator may accept what it refused (S4.9)."""
    for auth in _auths(site):
        requires = auth.manifest.requires
        managers = (manager for _, _, manager in site.wires(auth, requires["evse_manager"]))
        if not any(map(offers_contract, managers)):
            continue
        validators = list(site.wires(auth, requires["token_validator"]))
        ocpp = [wire.name for _, wire, target in validators if provided(target, "ocpp")]
        for path, wire, target in validators:
            if ocpp and not provided(target, "ocpp"):
                report.warning(
                    path,
                    f"{quoted(wire.name)} judges contracts besides {quoted(ocpp[0])}",
                    "With Plug & Charge the OCPP module should be the only token_validator.",
                )


def check_master_data(site: Site, report: Report) -> None:
    """Switches of Auth and EvseManager that contradict each other or the CSMS (M1.2, M5.6)."""
    low, high = TIMEOUT_BY_COMMAND
    for auth in _auths(site):
        timeout_s = auth.parameters.get("connection_timeout")
        if isinstance(timeout_s, int) and not low <= timeout_s <= high:
            report.warning(
                (*auth.path, "config_module", "connection_timeout"),
                f"{timeout_s} s is outside of what the CSMS can set",
                f"The CSMS can set {low} to {high} s only.",
            )
        for path, _, manager in site.wires(auth, auth.manifest.requires["evse_manager"]):
            if manager.parameters.get("disable_authentication") is True:
                report.warning(
                    path,
                    f"{quoted(manager.id)} has disable_authentication: it charges whatever is decided here",
                    "Leave it out of the list, or remove disable_authentication.",
                )
