"""Modules that bring tokens, judge them and decide who may charge (rows M1.*, S4.8, S4.9)."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import (
    Manifest,
    choice,
    default_off,
    default_on,
    integer,
    may_use,
    named,
    needs,
    number,
    offers,
    text,
)

AUTH: Final = Manifest(
    name="Auth",
    actor="actors.auth.auth_actor:AuthActor",
    own_names=("Authorization",),
    meaning="The one place that decides which token may charge at which EVSE; keeps the reservations.",
    parameters=named(
        choice(
            "selection_algorithm",
            ("FindFirst", "PlugEvents", "UserInput"),
            "how an EVSE is chosen for a token that fits several: the first that is free; where a car waits; "
            "never by guess, but by a plug or by presenting the token again for one EVSE",
        ),
        integer(
            "connection_timeout",
            None,
            "how long a grant waits for the plug, and a plugged-in car for its grant",
            unit="s",
            minimum=1,
            writable=True,
        ),
        text(
            "master_pass_group_id",
            "",
            "tokens of this group stop any transaction and start none; empty: no such group",
            writable=True,
        ),
        default_on(
            "prioritize_authorization_over_stopping_transaction",
            "a card of the same group: true authorizes a free EVSE first and stops a transaction only when "
            "none is free, false stops first",
        ),
        default_off(
            "ignore_connector_faults",
            "true: a faulted EVSE may be authorized, and charges once the fault is gone",
        ),
        default_off(
            "plug_in_timeout_enabled",
            "with several EVSEs: a car not authorized within connection_timeout must be plugged in again",
        ),
    ),
    provides=named(offers("main", "auth"), offers("reservation", "reservation")),
    requires=named(
        needs("token_provider", "auth_token_provider", 1, 128),
        needs("token_validator", "auth_token_validator", 1, 128),
        needs("evse_manager", "evse_manager", 1, 128, evse_order=True),
        may_use("kvs", "kvs"),
    ),
)

DUMMY_TOKEN_PROVIDER: Final = Manifest(
    name="DummyTokenProvider",
    actor="actors.auth.token_provider_actors:DummyProviderActor",
    meaning="For tests: presents one fixed token whenever its EVSE asks for authorization.",
    provides=named(
        offers(
            "main",
            "auth_token_provider",
            text("token", "DEADBEEF", "the token", min_length=1),
            choice(
                "type",
                ("RFID", "OCPP", "Autocharge", "PlugAndCharge", "BankCard"),
                "the authorization type it is presented with",
            ),
            number("timeout", 10, "how long it is not presented again in one session", unit="s", maximum=120),
            integer("connector_id", 0, "the only EVSE it holds for; 0: any", evse=True),
        )
    ),
    requires=named(needs("evse", "evse_manager")),
)

DUMMY_TOKEN_PROVIDER_MANUAL: Final = Manifest(
    name="DummyTokenProviderManual",
    actor="actors.auth.token_provider_actors:ManualProviderActor",
    own_names=("TokenReader",),
    old_names=("JsDummyTokenProviderManual",),
    meaning="A card reader without a reader: presents the tokens that the gateway or a test hands to it.",
    provides=named(
        offers(
            "main",
            "auth_token_provider",
            text(
                "mqtt_topic", "", "the topic EVerest listens on; here the name of the reader at the gateway"
            ),
        )
    ),
)

DUMMY_TOKEN_VALIDATOR: Final = Manifest(
    name="DummyTokenValidator",
    actor="actors.auth.dummy_validator_actor:DummyValidatorActor",
    meaning="For tests: gives every token the same answer.",
    provides=named(
        offers(
            "main",
            "auth_token_validator",
            choice("validation_result", ("Accepted", "Blocked", "Expired", "Invalid"), "the answer"),
            text("validation_reason", "Token valid", "the reason given with it", min_length=5),
            number("sleep", 0.5, "how long it pretends to think", unit="s", maximum=120),
        )
    ),
)

LOCAL_ALLOWLIST: Final = Manifest(
    name="LocalAllowlistTokenValidator",
    actor="actors.auth.allow_list_actor:AllowListActor",
    own_names=("AllowList",),
    meaning="Accepts the tokens of a list kept on the station; contract tokens once their chain is verified.",
    parameters=named(
        text(
            "allowlist_file",
            "allowlist.yaml",
            "the list, read again when it changes; a relative path begins at the state directory",
            min_length=1,
        ),
    ),
    provides=named(offers("token_validator", "auth_token_validator")),
    requires=named(may_use("security", "evse_security")),
)

MANIFESTS: Final = (
    AUTH,
    DUMMY_TOKEN_PROVIDER,
    DUMMY_TOKEN_PROVIDER_MANUAL,
    DUMMY_TOKEN_VALIDATOR,
    LOCAL_ALLOWLIST,
)
