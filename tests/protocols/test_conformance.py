"""Our messages are EVerest's: compared name by name with the inventory of an EVerest snapshot.

`tests/support/everest_inventory.py` makes the inventory. Where we differ on purpose, a table here says so.
"""

import dataclasses
import importlib
import json
import pkgutil
import re
from decimal import Decimal
from pathlib import Path

import pytest

from protocols import errors, types
from protocols.interfaces import load_all
from protocols.message import Reply, message_types
from tests.support.shapes import fields_of, hints_of, is_enum, node_of, shape_of

INVENTORY = json.loads(
    (Path(__file__).parent.parent / "vectors" / "everest_inventory.json").read_text("utf-8")
)
HOME = "protocols.types"

TIMES_THAT_EVEREST_LEAVES_AS_TEXT = {
    "energy/OptimizerTarget": {"leave_time"},
    "iso15118/EVPowerSchedule": {"time_anchor"},
    "iso15118/EVAbsolutePriceSchedule": {"time_anchor"},
    "iso15118/ChargingNeeds": {"departure_time"},
    "ocpp/ChargingSchedule": {"start_schedule"},
}
"""EVerest's schema says text, its description says a date and time; we insist on one."""

TYPES_THAT_EVEREST_LEAVES_OPEN = {"system/FirmwareUpdateRequest", "system/UploadLogsRequest"}
"""EVerest lets further fields pass; we refuse unknown fields everywhere."""

EXACT_FIELDS = {
    "types.energy.optimizer_target": {"price_limit_per_kwh"},
    "types.energy_price_information.price_perk_wh": {"value_per_kwh"},
    "types.iso15118.ev_price_rule": {"energy_fee_per_kwh"},
    "types.ocpp.ocpp_transaction_event_response": {"total_cost"},
    "types.units.energy": {"total_wh", "l1_wh", "l2_wh", "l3_wh"},
}
"""Money and meter registers that EVerest sends as JSON numbers with a fraction."""

UNITS = re.compile(
    r"(^|_)(w|a|ma|v|wh|kwh|hz|s|c|va|var|ohm|siemens|percent|rpm|minutes|units|days)(_(import|export))?$|_12v$"
    r"|_percent_per_min$|_per_kwh$"
)
"""How the name of a quantity ends."""

NO_UNIT = re.compile(
    r"(^|_)(id|count|priority|level|number|decimals|retries|signal|phases|efficiency|factor)(_|$)"
    r"|^(connectors|evse|evse_ids|cause|nr_of_phases_available|phase_to_use|total_cost|preconditioning_request)$"
    r"|^(limit|discharge_limit|setpoint|setpoint_reactive)(_l[23])?$|^min_charging_rate$"
    r"|^(rational_number|(byte|short|int)_value)$"
)
"""Numbers that count or name something, and those whose unit another field or the holding field tells."""


def everest_ref(node):
    """A node with references by EVerest's file names, which are lower case in our module names."""
    if "ref" in node:
        file, _slash, name = node["ref"].partition("/")
        node = node | {"ref": f"{file.lower()}/{name}"}
    if "items" in node:
        node = node | {"items": everest_ref(node["items"])}
    return {key: value for key, value in node.items() if key != "without_effect"}


def our_node(hint):
    """A node of ours in which an enum that EVerest has no name for stands for itself."""
    node = node_of(hint, HOME)
    base = shape_of(hint).base
    if is_enum(base) and base.__name__ not in names_in(base.__module__.removeprefix(HOME + ".")):
        del node["ref"]
        node |= {"type": "enum", "values": [member.value for member in base]}
    return node


def our_fields(kind):
    return {
        wire: our_node(hint) | {key: node[key] for key in ("optional", "default") if key in node}
        for (wire, node), hint in zip(fields_of(kind, HOME).items(), hints_of(kind).values(), strict=True)
    }


def names_in(module):
    return next(content for file, content in INVENTORY["types"].items() if file.lower() == module)


INTERFACES = sorted(INVENTORY["interfaces"])
COMMANDS = [(name, command) for name in INTERFACES for command in INVENTORY["interfaces"][name]["commands"]]
VARIABLES = [
    (name, variable) for name in INTERFACES for variable in INVENTORY["interfaces"][name]["variables"]
]
TYPES = [(file, name) for file, content in INVENTORY["types"].items() for name in content]
TYPE_FILES = sorted(INVENTORY["types"])


def test_the_inventory_holds_all_that_the_design_counts():
    replies = [INVENTORY["interfaces"][name]["commands"][command].get("result") for name, command in COMMANDS]

    assert (len(INTERFACES), len(COMMANDS), len(VARIABLES), len(TYPE_FILES), len(TYPES)) == (
        34,
        134,
        109,
        28,
        280,
    )
    assert sum(result is not None for result in replies) == 54
    assert sum(len(names) for names in INVENTORY["errors"].values()) == 79


def test_there_is_one_module_for_each_interface():
    loaded = load_all()

    assert sorted(loaded) == INTERFACES
    assert {name: interface.module.__name__ for name, interface in loaded.items()} == {
        name: f"protocols.interfaces.{name.lower()}" for name in INTERFACES
    }


@pytest.mark.parametrize("name", INTERFACES)
def test_an_interface_has_everests_commands_in_everests_order(name):
    assert list(load_all()[name].commands) == list(INVENTORY["interfaces"][name]["commands"])


@pytest.mark.parametrize("name", INTERFACES)
def test_an_interface_has_everests_variables_in_everests_order(name):
    assert list(load_all()[name].variables) == list(INVENTORY["interfaces"][name]["variables"])


@pytest.mark.parametrize("name", INTERFACES)
def test_an_interface_declares_no_message_beside_everests(name):
    interface = load_all()[name]
    commands = interface.commands.values()
    expected = {*commands, *interface.variables.values(), *(kind.answer for kind in commands)} - {Reply}

    declared = {kind for kind in message_types().values() if kind.__module__ == interface.module.__name__}

    assert declared == expected


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_command_takes_everests_arguments_in_everests_order(name, command):
    arguments = INVENTORY["interfaces"][name]["commands"][command]["arguments"]
    expected = [(argument, everest_ref(node)) for argument, node in arguments.items()]

    assert list(our_fields(load_all()[name].commands[command]).items()) == expected


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_command_is_answered_with_everests_result(name, command):
    result = INVENTORY["interfaces"][name]["commands"][command].get("result")
    answer = load_all()[name].commands[command].answer

    if result is None:
        assert answer is Reply
    else:
        assert issubclass(answer, Reply)
        assert list(our_fields(answer).values()) == [everest_ref(result)]


@pytest.mark.parametrize(("name", "variable"), VARIABLES)
def test_a_variable_holds_everests_value(name, variable):
    value = INVENTORY["interfaces"][name]["variables"][variable]
    expected = [] if value == {"type": "null"} else [everest_ref(value)]

    assert list(our_fields(load_all()[name].variables[variable]).values()) == expected


@pytest.mark.parametrize("name", INTERFACES)
def test_an_interface_may_raise_what_everest_allows(name):
    lists = INVENTORY["interfaces"][name]["errors"]
    expected = [f"{each}/{error}" for each in lists for error in INVENTORY["errors"][each]]

    assert [error.value for error in load_all()[name].errors] == expected


def test_the_errors_are_everests_in_everests_order():
    expected = [f"{name}/{error}" for name, content in INVENTORY["errors"].items() for error in content]

    assert list(errors.ERROR_TYPES) == expected


def test_there_is_one_module_for_each_types_file():
    modules = sorted(found.name for found in pkgutil.iter_modules(types.__path__))

    assert modules == sorted(file.lower() for file in TYPE_FILES)
    assert modules == sorted(types.__all__)


LONGER_THAN_EVERESTS = {"iso15118/ResponseExiStreamStatus": {"exi_response": (5600, 17_000)}}
"""Texts of which OCPP allows more than EVerest's interface does, and real ones need it."""


@pytest.mark.parametrize(("file", "name"), TYPES)
def test_a_type_has_everests_fields_or_values(file, name):
    node = INVENTORY["types"][file][name]
    kind = getattr(importlib.import_module(f"{HOME}.{file.lower()}"), name)

    if node["type"] == "enum":
        assert [member.value for member in kind] == node["values"]
        return
    expected = {field: everest_ref(inner) for field, inner in node["fields"].items()}
    for field in TIMES_THAT_EVEREST_LEAVES_AS_TEXT.get(f"{file}/{name}", ()):
        assert expected[field]["type"] == "string"
        expected[field]["type"] = "timestamp"
    for field, (theirs, ours) in LONGER_THAN_EVERESTS.get(f"{file}/{name}", {}).items():
        assert expected[field]["maxLength"] == theirs
        expected[field]["maxLength"] = ours
    assert list(our_fields(kind).items()) == list(expected.items())


@pytest.mark.parametrize("file", TYPE_FILES)
def test_a_types_module_declares_nothing_beside_everests(file):
    module = importlib.import_module(f"{HOME}.{file.lower()}")
    declared = {
        name
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__
    }
    unnamed = {
        shape_of(hint).base.__name__
        for name in declared
        if not is_enum(getattr(module, name))
        for hint in hints_of(getattr(module, name)).values()
        if is_enum(shape_of(hint).base) and shape_of(hint).base.__module__ == module.__name__
    }

    assert declared == set(INVENTORY["types"][file]) | unnamed


def test_the_types_left_open_by_everest_are_known():
    left_open = {f"{file}/{name}" for file, name in TYPES if INVENTORY["types"][file][name].get("open")}

    assert left_open == TYPES_THAT_EVEREST_LEAVES_OPEN


@pytest.mark.parametrize("name", INTERFACES)
def test_every_reply_and_variable_holds_at_most_one_field(name):
    interface = load_all()[name]
    answers = {kind.answer for kind in interface.commands.values()} - {Reply}

    assert {len(dataclasses.fields(kind)) for kind in answers} <= {1}
    assert {len(dataclasses.fields(kind)) for kind in interface.variables.values()} <= {0, 1}


def mirrored():
    """Every message of the interfaces and types, by tag."""
    load_all()
    homes = ("protocols.interfaces.", "protocols.types.")
    return {tag: kind for tag, kind in message_types().items() if kind.__module__.startswith(homes)}


def number_fields(base):
    for tag, kind in mirrored().items():
        for name, hint in hints_of(kind).items():
            if shape_of(hint).base is base:
                yield tag, name


def test_money_and_meter_registers_are_exact_decimals():
    exact = {}
    for tag, name in number_fields(Decimal):
        exact.setdefault(tag, set()).add(name)

    assert exact == EXACT_FIELDS


def test_no_binary_fraction_is_named_like_money_or_a_register():
    suspects = re.compile(r"(cost|price|fee|amount$|money|total_wh|metervalue)")

    assert [name for _tag, name in number_fields(float) if suspects.search(name)] == []


@pytest.mark.parametrize("base", [int, float, Decimal])
def test_a_quantity_carries_its_unit_in_its_name(base):
    bare = [
        f"{tag}.{name}"
        for tag, name in number_fields(base)
        if not UNITS.search(name) and not NO_UNIT.search(name)
    ]

    # `value` of a number with source: the unit is in the name of the field that holds it
    assert [name for name in bare if not name.endswith("_with_source.value")] == []


def test_every_message_enum_and_error_list_says_what_it_is():
    modules = [importlib.import_module(f"{HOME}.{file.lower()}") for file in TYPE_FILES]
    modules += [interface.module for interface in load_all().values()]
    kinds = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]

    silent = [kind for kind in (*kinds, *errors.LISTS) if not vars(kind).get("__doc__")]

    assert silent == []
    assert [error for error in errors.ERROR_TYPES.values() if not error.meaning] == []
