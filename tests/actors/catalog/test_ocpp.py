"""Rows M9.1 to M9.4, M12.1, M12.2, S8 to S16, S21.2, S21.3."""

import pytest

from actors.catalog import CATALOG

OCPP201 = CATALOG["OCPP201"]
OCPP16 = CATALOG["OCPP"]


def bounds(manifest):
    return {name: (one.minimum, one.maximum) for name, one in manifest.requires.items()}


def test_ocpp201_has_the_parameters_and_defaults_of_its_rows():
    assert {name: one.default for name, one in OCPP201.parameters.items()} == {
        "MessageLogPath": "/tmp/everest_ocpp_logs",
        "CoreDatabasePath": "ocpp201",
        "DeviceModelDatabasePath": "device_model_storage.db",
        "EverestDeviceModelDatabasePath": "everest_device_model_storage.db",
        "DeviceModelDatabaseMigrationPath": "device_model_migrations",
        "DeviceModelConfigPath": "component_config",
        "CompositeScheduleIntervalS": 30,
        "RequestCompositeScheduleDurationS": 600,
        "RequestCompositeScheduleUnit": "A",
        "MessageQueueResumeDelay": 0,
        "DelayOcppStart": 0,
        "ResetStopDelay": 0,
        "EnableExternalWebsocketControl": False,
    }


def test_ocpp16_has_the_parameters_and_defaults_of_its_row():
    assert {name: one.default for name, one in OCPP16.parameters.items()} == {
        "ChargePointConfigPath": "ocpp-config.json",
        "UserConfigPath": "user_config.json",
        "DatabasePath": "ocpp16",
        "MessageLogPath": "/tmp/everest_ocpp_logs",
        "PublishChargingScheduleIntervalS": 30,
        "PublishChargingScheduleDurationS": 600,
        "RequestCompositeScheduleUnit": "A",
        "MessageQueueResumeDelay": 0,
        "DelayOcppStart": 0,
        "ResetStopDelay": 0,
        "EnableExternalWebsocketControl": False,
    }


def test_ocpp201_connects_as_its_row_says():
    assert bounds(OCPP201) == {
        "evse_manager": (1, 128),
        "system": (1, 1),
        "security": (1, 1),
        "auth": (1, 1),
        "data_transfer": (0, 1),
        "display_message": (0, 1),
        "reservation": (0, 1),
        "evse_energy_sink": (0, 129),
        "extensions_15118": (0, 128),
    }


def test_ocpp16_needs_reservation_and_may_use_charger_information():
    assert bounds(OCPP16) == {**bounds(OCPP201), "reservation": (1, 1), "charger_information": (0, 1)}


def test_ocpp201_provides_the_five_interfaces_of_the_source():
    assert {name: one.interface for name, one in OCPP201.provides.items()} == {
        "auth_validator": "auth_token_validator",
        "auth_provider": "auth_token_provider",
        "data_transfer": "ocpp_data_transfer",
        "ocpp_generic": "ocpp",
        "session_cost": "session_cost",
    }


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("CompositeScheduleIntervalS", "PublishChargingScheduleIntervalS"),
        ("RequestCompositeScheduleDurationS", "PublishChargingScheduleDurationS"),
    ],
)
def test_ocpp201_knows_the_names_of_ocpp16_as_old_ones(new, old):
    assert OCPP201.parameters[new].old_names == (old,)


@pytest.mark.parametrize("manifest", [OCPP201, OCPP16])
def test_the_zero_sink_of_old_files_is_explained(manifest):
    assert "evse: 0" in manifest.former_requires["connector_zero_sink"]
