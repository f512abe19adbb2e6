"""The two OCPP modules (rows M9.1 to M9.4, M12.1, M12.2, S5.*, S21.2, S21.3)."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import (
    TEMP_DIR,
    Manifest,
    choice,
    default_off,
    integer,
    may_use,
    named,
    needs,
    offers,
    text,
)

ZERO_SINK_ADVICE: Final = (  # S21.3
    "connect it under evse_energy_sink and give that module 'mapping: {module: {evse: 0}}': "
    "EVSE 0 is the whole station"
)

MESSAGE_LOG: Final = text(
    "MessageLogPath", f"{TEMP_DIR}/everest_ocpp_logs", "directory of the message log", min_length=1
)
UNIT: Final = choice(
    "RequestCompositeScheduleUnit",
    ("A", "W"),
    "unit of the composite schedules; ampere suits AC, watt suits DC",
    lenient=True,  # M9.2
)
DELAYS: Final = (
    integer(
        "MessageQueueResumeDelay", 0, "pause before queued messages are sent after a reconnect", unit="s"
    ),
    integer("DelayOcppStart", 0, "pause before the first connection", unit="ms"),
    integer("ResetStopDelay", 0, "pause before a reset", unit="s"),
    default_off("EnableExternalWebsocketControl", "for tests: the connection can be cut from outside"),
)
INTERVAL: Final = "how often composite schedules are fetched again; 0: only when profiles change"
DURATION: Final = "how far composite schedules reach from now on; must exceed the interval"

PROVIDES: Final = (
    offers("auth_validator", "auth_token_validator"),
    offers("auth_provider", "auth_token_provider"),
    offers("data_transfer", "ocpp_data_transfer"),
    offers("ocpp_generic", "ocpp"),
    offers("session_cost", "session_cost"),
)
REQUIRES: Final = (
    needs("evse_manager", "evse_manager", 1, 128, evse_order=True),
    needs("system", "system"),
    needs("security", "evse_security"),
    needs("auth", "auth"),
    may_use("data_transfer", "ocpp_data_transfer"),
    may_use("display_message", "display_message"),
    needs("evse_energy_sink", "external_energy_limits", 0, 129, evse_mapped=True),
    needs("extensions_15118", "iso15118_extensions", 0, 128),
)

OCPP201: Final = Manifest(
    name="OCPP201",
    own_names=("OCPP2",),
    meaning="The link to the CSMS by OCPP 2.0.1 and 2.1; which one is agreed at each connection.",
    actor="actors.ocpp.charge_point_actor:ChargePointActor",
    parameters=named(
        MESSAGE_LOG,  # M9.1; relative paths begin at the share directory
        text("CoreDatabasePath", "ocpp201", "directory of the message queue and transactions", min_length=1),
        text(
            "DeviceModelDatabasePath", "device_model_storage.db", "values of OCPP's variables", min_length=1
        ),
        text(
            "EverestDeviceModelDatabasePath",
            "everest_device_model_storage.db",
            "values of the site's variables",
            min_length=1,
        ),
        text(
            "DeviceModelDatabaseMigrationPath",
            "device_model_migrations",
            "where EVerest keeps the migrations of these files; ours carry their own",
            min_length=1,
        ),
        text(
            "DeviceModelConfigPath",
            "component_config",
            "device model: a directory with the folders standardized and custom",
            min_length=1,
        ),
        integer(  # M9.2, S21.2
            "CompositeScheduleIntervalS",
            30,
            INTERVAL,
            unit="s",
            old_names=("PublishChargingScheduleIntervalS",),
        ),
        integer(
            "RequestCompositeScheduleDurationS",
            600,
            DURATION,
            unit="s",
            minimum=1,
            old_names=("PublishChargingScheduleDurationS",),
        ),
        UNIT,
        *DELAYS,  # M9.3
    ),
    provides=named(*PROVIDES),
    requires=named(*REQUIRES, may_use("reservation", "reservation")),
    former_requires={"connector_zero_sink": ZERO_SINK_ADVICE},
    enable_global_errors=True,
)

OCPP16: Final = Manifest(
    name="OCPP",
    own_names=("OCPP16",),
    meaning="The link to the CSMS by OCPP 1.6, with Plug & Charge over DataTransfer.",
    parameters=named(  # M12.1
        text("ChargePointConfigPath", "ocpp-config.json", "the OCPP configuration", min_length=1),
        text("UserConfigPath", "user_config.json", "what was changed since; lies over it", min_length=1),
        text("DatabasePath", "ocpp16", "directory of the message queue and transactions", min_length=1),
        MESSAGE_LOG,
        integer("PublishChargingScheduleIntervalS", 30, INTERVAL, unit="s"),
        integer("PublishChargingScheduleDurationS", 600, DURATION, unit="s", minimum=1),
        UNIT,
        *DELAYS,
    ),
    provides=named(offers("main", "ocpp_1_6_charge_point"), *PROVIDES),
    requires=named(  # M12.2
        *REQUIRES,
        needs("reservation", "reservation"),
        may_use("charger_information", "charger_information"),
    ),
    former_requires={"connector_zero_sink": ZERO_SINK_ADVICE},
    enable_global_errors=True,
)

MANIFESTS: Final = (OCPP201, OCPP16)
