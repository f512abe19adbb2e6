import dataclasses

import pytest

from actors.config import AccessRights, Connection, ModuleAccess, Position, TierMapping, Use
from tests.support import sites


@pytest.fixture(scope="module")
def site():
    return sites.good()


def test_parameters_have_their_defaults_filled_in(site):
    auth = site.modules["auth"]

    assert auth.parameters["connection_timeout"] == 60
    assert auth.parameters["plug_in_timeout_enabled"] is False
    assert auth.given == {"connection_timeout", "selection_algorithm"}


def test_an_optional_parameter_that_is_absent_is_none(site):
    assert site.modules["grid"].parameters["phase_count"] is None
    assert site.modules["fuse_1"].parameters["phase_count"] == 3


def test_a_whole_number_serves_where_a_number_is_asked(site):
    assert site.modules["grid"].parameters["fuse_limit_A"] == 63


def test_implementations_have_parameters_of_their_own(site):
    main = site.modules["supply_2"].implementation_parameters["main"]

    assert (main["max_power"], main["max_voltage"]) == (60000, 900)


def test_a_module_keeps_its_name_as_written_and_its_proper_one():
    site = sites.good(("module: OCPP201", "module: OCPP2"))

    assert (site.modules["ocpp"].written_name, site.modules["ocpp"].manifest.name) == ("OCPP2", "OCPP201")


def test_the_replaced_value_of_a_lenient_choice_is_the_default():
    site = sites.good(("RequestCompositeScheduleUnit: A", "RequestCompositeScheduleUnit: kW"))

    assert site.modules["ocpp"].parameters["RequestCompositeScheduleUnit"] == "A"


def test_an_old_parameter_name_sets_the_new_one():
    site = sites.good(("CompositeScheduleIntervalS: 30", "PublishChargingScheduleIntervalS: 45"))

    assert site.modules["ocpp"].parameters["CompositeScheduleIntervalS"] == 45


def test_evses_are_listed_by_number(site):
    assert dict(site.evses) == {1: "evse_1", 2: "evse_2"}


def test_connections_keep_the_order_of_the_file(site):
    assert site.connected("auth", "token_provider") == (
        "reader/main",
        "ocpp/auth_provider",
        "evse_1/token_provider",
        "evse_2/token_provider",
    )
    assert site.connected("auth", "kvs") == ()
    assert site.connected("auth", "no_such_requirement") == ()
    assert site.modules["auth"].connections["token_provider"][3] == Connection(
        module_id="evse_2", implementation_id="token_provider", index=3
    )


def test_the_users_of_an_implementation_are_the_other_ends(site):
    assert site.users["certificates/main"] == (
        Use(module_id="v2g", requirement="security"),
        Use(module_id="ocpp", requirement="security"),
    )
    assert site.users["supply_2/powermeter"] == ()


def test_provided_names_have_their_interface(site):
    provided = site.provided()

    assert provided["evse_1/evse"] == "evse_manager"
    assert provided["v2g/extensions"] == "iso15118_extensions"
    assert provided.keys() == site.users.keys()


def test_the_providers_of_an_interface_are_found(site):
    found = [(entry.id, implementation) for entry, implementation in site.providers("powermeter")]

    assert found == [("board_1", "powermeter"), ("board_2", "powermeter"), ("supply_2", "powermeter")]


def test_the_mapping_of_an_implementation_overrides_its_module(site):
    assert site.mapping_of("supply_2/main") == TierMapping(evse=2, connector=1)
    assert site.mapping_of("supply_2/powermeter") is None
    assert site.mapping_of("evse_1/token_provider") == TierMapping(evse=1)


def test_a_module_belongs_to_the_evse_of_its_mapping_or_its_parameter(site):
    evses = {name: site.modules[name].evse for name in ("evse_1", "board_2", "grid", "slac", "auth")}

    assert evses == {"evse_1": 1, "board_2": 2, "grid": None, "slac": None, "auth": None}


def test_rights_are_as_written_and_none_by_default(site):
    ocpp = site.modules["ocpp"].access
    auth = site.modules["auth"].access

    assert auth.allow_global_read
    assert auth.may_read("system")
    assert ocpp.may_read("auth")
    assert not ocpp.may_read("system")
    assert site.modules["system"].access == AccessRights()


@pytest.mark.parametrize(
    ("rights", "read_only", "allowed"),
    [
        (AccessRights(), False, False),
        (AccessRights(allow_global_write=True), False, True),
        (AccessRights(allow_global_write=True), True, False),
        (AccessRights(allow_global_write=True, allow_set_read_only=True), True, True),
        (AccessRights(modules={"a": ModuleAccess(allow_write=True)}), False, True),
        (AccessRights(modules={"b": ModuleAccess(allow_write=True)}), False, False),
        (AccessRights(modules={"a": ModuleAccess(allow_write=True)}), True, False),
        (AccessRights(modules={"a": ModuleAccess(allow_write=True, allow_set_read_only=True)}), True, True),
        (AccessRights(allow_set_read_only=True), True, False),
    ],
)
def test_writing_takes_the_right_to_write_and_for_fixed_ones_one_more(rights, read_only, allowed):
    assert rights.may_write("a", read_only=read_only) is allowed


def test_capabilities_telemetry_and_standalone_are_kept(site):
    system = site.modules["system"]

    assert (system.capabilities, system.telemetry_id, system.standalone) == (("CAP_SYS_TIME",), 1, False)
    assert sites.good(("standalone: false", "standalone: true")).modules["system"].standalone


def test_settings_are_kept():
    settings = "settings: {prefix: /opt, telemetry_enabled: true}\n"

    site = sites.good(("active_modules:\n", f"{settings}active_modules:\n"))

    assert dict(site.settings) == {"prefix": "/opt", "telemetry_enabled": True}


def test_anything_may_stand_in_the_layout_section():
    assert sites.good(("active_modules:\n", "x-module-layout: {a: [1, {b: c}]}\nactive_modules:\n")).evses


def test_a_place_in_the_file_can_be_found_later(site):
    assert site.position_of(("active_modules", "auth", "config_module", "connection_timeout")) == Position(
        62, 27
    )


def test_a_site_cannot_be_changed(site):
    with pytest.raises(dataclasses.FrozenInstanceError):
        site.file = "other.yaml"
    with pytest.raises(TypeError):
        site.modules["new"] = site.modules["auth"]
    with pytest.raises(TypeError):
        site.modules["auth"].parameters["connection_timeout"] = 1


def test_modules_without_an_actor_are_not_yet_available(site):
    later = {entry.id for entry in site.not_yet_available()}

    assert later == {entry.id for entry in site.modules.values() if entry.manifest.actor is None}
