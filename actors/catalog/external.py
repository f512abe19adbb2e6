"""Modules that are programs from outside, connected over the Gateway, as EVerest's API modules are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.catalog.manifest import Manifest, named, number, offers

if TYPE_CHECKING:
    from actors.catalog.manifest import Provision

PREFIX: Final = "External"
"""How the names of all of them begin."""
MAX_TIMEOUT_S: Final = 300.0


def _external(name: str, meaning: str, *provides: Provision, everest: str = "") -> Manifest:
    return Manifest(
        name=f"{PREFIX}{name}",
        actor="actors.gateway.role_actor:RoleActor",
        stands_for=(everest,) if everest else (),
        meaning=f"{meaning}, filled by a program that connects to the Gateway.",
        parameters=named(
            number(
                "command_timeout",
                5,
                "how long the program may take for a command",
                unit="s",
                minimum=0.01,
                maximum=MAX_TIMEOUT_S,
            )
        ),
        provides=named(*provides),
    )


MANIFESTS: Final = (
    _external("Powermeter", "A meter", offers("main", "powermeter"), everest="powermeter_API"),
    _external("Display", "A display", offers("main", "display_message"), everest="display_message_API"),
    _external("DataTransfer", "A handler of the CSMS's own data", offers("main", "ocpp_data_transfer")),
    _external(
        "Validator",
        "A judge of tokens",
        offers("main", "auth_token_validator"),
        everest="auth_token_validator_API",
    ),
    _external(
        "TokenProvider",
        "A reader of tokens",
        offers("main", "auth_token_provider"),
        everest="auth_token_provider_API",
    ),
    _external("EvseManager", "The manager of an EVSE", offers("evse", "evse_manager")),
    _external("Auth", "Authorization", offers("main", "auth")),
    _external("Reservation", "Reservations", offers("main", "reservation")),
    _external("System", "The station's system", offers("main", "system"), everest="system_API"),
    _external("Security", "Certificates and keys", offers("main", "evse_security")),
    _external("Iso15118Extensions", "Extensions of ISO 15118", offers("main", "iso15118_extensions")),
    _external(
        "Board",
        "The board of an EVSE",
        offers("board_support", "evse_board_support"),
        everest="evse_board_support_API",
    ),
)
