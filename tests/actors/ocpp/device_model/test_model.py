import itertools

import pytest

from actors.ocpp.device_model import variables
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.connected_ev import connected_ev
from actors.ocpp.device_model.names import AttributeName, ComponentName, VariableName
from actors.ocpp.device_model.requests import GetRequest, Origin, SetRequest
from actors.ocpp.device_model.sqlite_storage import SqliteStorage
from actors.ocpp.device_model.storage import Kept, StoredValue, ValueSource
from actors.ocpp.device_model.value_journal import ValueJournal
from protocols.types.ocpp import AttributeEnum
from tests.support.device_model import MemoryStorage, component, model, name, prop, shipped
from tests.support.journals import NOW

SIZE = name("Size")
THING = component(
    prop("Size", "integer", value=1),
    prop("Shown", "integer", mutability="ReadOnly", value=2),
    prop("Secret", mutability="WriteOnly", value="s"),
    prop("Passing", "boolean", persistent=False, value=False),
    prop("Later", reboot_required=True, value="a", attributes=[{"type": "Actual"}, {"type": "Target"}]),
    prop("Empty", "integer"),
    prop("NoText"),
)


def request(variable, value, where="Thing", kind=AttributeEnum.ACTUAL):
    component_name, variable_name, _ = name(variable, where)
    return SetRequest(component=component_name, variable=variable_name, value=value, attribute=kind)


def got(made, variable, where="Thing", kind=AttributeEnum.ACTUAL):
    component_name, variable_name, _ = name(variable, where)
    (result,) = made.get([GetRequest(component=component_name, variable=variable_name, attribute=kind)])
    return result.status.value, result.value, result.reason


def test_at_the_start_every_value_is_asked_for_once():
    # S20.19
    storage = MemoryStorage({SIZE: StoredValue("5", ValueSource.CSMS)})

    made = model(THING, storage=storage)

    assert storage.asked == ["load"]
    assert (made.value(SIZE), made.value_source(SIZE)) == ("5", ValueSource.CSMS)


def test_what_has_to_go_at_the_start_is_told_and_forgotten():
    storage = MemoryStorage({name("Gone"): StoredValue("5", ValueSource.CSMS)})

    made = model(THING, storage=storage)

    assert [str(one.name) for one in made.forgotten] == ["Thing.Gone"]
    assert not storage.values


def test_one_bad_entry_does_not_stop_the_others():
    # S20.19
    storage = MemoryStorage()
    made = model(THING, storage=storage)

    results = made.set([request("Size", "2"), request("Size", "x"), request("NoText", "y")], Origin.CSMS)

    assert [result.status.value for result in results] == ["Accepted", "Rejected", "Accepted"]
    assert storage.asked == ["load", "Thing.Size", "Thing.NoText"]


def test_an_invalid_value_never_reaches_the_storage():
    # S20.14
    storage = MemoryStorage()

    model(THING, storage=storage).set([request("Size", "x"), request("Shown", "3")], Origin.CSMS)

    assert storage.asked == ["load"]


def test_a_change_says_who_changed_what():
    made = model(THING)

    (result,) = made.set([request("size", "2", "thing")], Origin.CSMS)

    assert result.change is not None
    assert (str(result.change.name), result.change.old, result.change.new) == ("Thing.Size", "1", "2")
    assert (result.change.origin, made.value_source(SIZE)) == (Origin.CSMS, ValueSource.CSMS)
    assert str(result.component) == "thing"


def test_a_value_that_stays_the_same_is_no_change():
    storage = MemoryStorage()
    made = model(THING, storage=storage)

    (first,) = made.set([request("Size", "1")], Origin.CSMS)
    (second,) = made.set([request("Size", "1")], Origin.CSMS)

    assert (first.status.value, first.change, second.status.value, second.change) == (
        "Accepted",
        None,
        "Accepted",
        None,
    )
    assert storage.asked == ["load", "Thing.Size"]  # that the CSMS said it is worth keeping, once


def test_a_storage_that_refuses_leaves_all_as_it_was():
    storage = MemoryStorage()
    made = model(THING, storage=storage)
    storage.refusal = Refusal(Reason.OUT_OF_STORAGE, "the disk is full")

    (result,) = made.set([request("Size", "2")], Origin.CSMS)

    assert (result.status.value, result.reason, result.info) == (
        "Rejected",
        Reason.OUT_OF_STORAGE,
        "the disk is full",
    )
    assert (made.value(SIZE), result.done) == ("1", False)


def test_what_is_not_persistent_is_never_stored():
    storage = MemoryStorage()
    made = model(THING, storage=storage)

    (result,) = made.set([request("Passing", "true")], Origin.INTERNAL)

    assert result.done
    assert made.value(name("Passing")) == "true"
    assert storage.asked == ["load"]


@pytest.mark.parametrize(
    ("variable", "origin", "kept", "status"),
    [
        ("Size", Origin.CSMS, Kept.NOW, "Accepted"),
        ("Size", Origin.CSMS, Kept.AFTER_RESTART, "RebootRequired"),
        ("Later", Origin.CSMS, Kept.NOW, "RebootRequired"),
        ("Later", Origin.SITE, Kept.NOW, "RebootRequired"),
        ("Later", Origin.INTERNAL, Kept.NOW, "Accepted"),
    ],
)
def test_a_value_that_waits_for_a_restart_is_told(variable, origin, kept, status):
    storage = MemoryStorage()
    storage.kept = kept

    (result,) = model(THING, storage=storage).set([request(variable, "5")], origin)

    assert result.status.value == status


def test_a_target_waits_only_when_the_file_says_so():
    made = model(THING)

    (result,) = made.set([request("Later", "b", kind=AttributeEnum.TARGET)], Origin.CSMS)

    assert result.status.value == "RebootRequired"


def test_a_variable_of_ours_that_is_read_at_the_start_needs_a_restart():
    (result,) = shipped().set([request("Identity", "cp002", "SecurityCtrlr")], Origin.SITE)

    assert result.status.value == "RebootRequired"


def test_a_preview_changes_nothing():
    storage = MemoryStorage()
    made = model(THING, storage=storage)

    assert made.preview(request("Size", "2"), Origin.CSMS) is None
    refused = made.preview(request("Size", "x"), Origin.CSMS)

    assert refused is not None
    assert refused.reason is Reason.INVALID_VALUE
    assert (made.value(SIZE), storage.asked) == ("1", ["load"])


@pytest.mark.parametrize(
    ("variable", "where", "kind", "answer"),
    [
        ("Size", "Nothing", "Actual", ("UnknownComponent", None, Reason.NOT_FOUND)),
        ("Nothing", "Thing", "Actual", ("UnknownVariable", None, Reason.NOT_FOUND)),
        ("Size", "Thing", "Target", ("NotSupportedAttributeType", None, Reason.UNSUPPORTED_PARAM)),
        ("Secret", "Thing", "Actual", ("Rejected", None, Reason.WRITE_ONLY)),
        ("Empty", "Thing", "Actual", ("Rejected", None, Reason.NOT_FOUND)),
        ("NoText", "Thing", "Actual", ("Accepted", "", None)),
        ("sIZE", "tHING", "Actual", ("Accepted", "1", None)),
    ],
)
def test_reading_is_answered_entry_by_entry(variable, where, kind, answer):
    assert got(model(THING), variable, where, AttributeEnum(kind)) == answer


def test_a_long_value_is_shortened_to_what_a_report_may_have():
    sizes = component(prop("ReportingValueSize", "integer", value=3), name="DeviceDataCtrlr")

    assert got(model(component(prop("Size", value="abcde")), sizes), "Size")[1] == "abc"


def test_our_blocks_read_what_the_csms_may_only_write():
    made = shipped()

    assert made.find(variables.BASIC_AUTH_PASSWORD) == "DEADBEEFDEADBEEF"
    assert got(made, "BasicAuthPassword", "SecurityCtrlr")[0] == "Rejected"


def test_a_typed_value_is_read_or_its_default():
    made = shipped()

    assert made.read(variables.HEARTBEAT_INTERVAL) == 1800
    assert made.read(variables.START_POINTS) == ("PowerPathClosed",)
    assert made.read(variables.EVSE_AVAILABILITY, 2) == "Unavailable"
    assert made.read(variables.CONNECTION_TIMEOUT) == 120  # nobody gives its value here
    assert made.find(variables.CACHE_LIFE_TIME) is None


def test_reading_what_has_neither_value_nor_default_is_our_mistake():
    with pytest.raises(LookupError, match=r"AuthCacheCtrlr\.LifeTime"):
        shipped().read(variables.CACHE_LIFE_TIME)


def test_a_block_says_how_things_are():
    made = shipped()

    result = made.put(variables.EVSE_AVAILABILITY, "Occupied", 1)

    assert result.change is not None
    assert (made.read(variables.EVSE_AVAILABILITY, 1), result.change.origin) == ("Occupied", Origin.INTERNAL)
    assert made.read(variables.EVSE_AVAILABILITY, 2) == "Unavailable"


def test_a_block_goes_on_where_the_files_do_not_declare_its_variable():
    result = model(THING).put(variables.EVSE_AVAILABILITY, "Occupied", 1)

    assert (result.done, result.status.value) == (False, "UnknownComponent")


def test_a_component_that_comes_at_run_time_is_there_with_its_values():
    made, car = shipped(), connected_ev(1)

    changes = made.add(car)

    assert [(str(one.name), one.new) for one in changes] == [("ConnectedEV at 1.Available", "true")]
    assert made.value(AttributeName(car.name, VariableName("Available"))) == "true"


def test_what_comes_at_run_time_is_never_stored():
    storage = MemoryStorage()
    made = model(THING, storage=storage)
    made.add(component(prop("Name"), name="Guest"))

    (result,) = made.set([request("Name", "x", "Guest")], Origin.CSMS)

    assert result.done
    assert storage.asked == ["load"]


def test_a_component_that_goes_takes_its_values_along():
    made, car = shipped(), connected_ev(1)
    made.add(car)

    made.remove(car.name)

    assert car.name not in made.components
    assert made.value(AttributeName(car.name, VariableName("Available"))) is None
    made.add(car)


def test_a_component_comes_once_and_goes_only_if_it_came():
    made = shipped()
    made.add(connected_ev(1))

    with pytest.raises(ValueError, match="there already"):
        made.add(connected_ev(1))
    with pytest.raises(ValueError, match="did not come at run time"):
        made.remove(ComponentName("TxCtrlr"))


def test_a_value_of_the_csms_outlives_a_restart_and_new_files(tmp_path):
    # M11.10, S20.7
    for value, expected in (("1", "1"), ("3", "8")):
        journal = ValueJournal.open(tmp_path / "x.db", now=NOW)
        made = model(component(prop("Size", "integer", value=value)), storage=SqliteStorage(journal))
        assert made.value(SIZE) == expected
        made.set([request("Size", "8")], Origin.CSMS)
        journal.close()


def test_the_names_of_all_values_differ():
    made = shipped()
    every = [
        AttributeName(component.name, variable, kind)
        for component in made.components.values()
        for variable, declared in component.variables.items()
        for kind in declared.attributes
    ]

    assert len(set(every)) == len(every)
    assert not any(one == other for one, other in itertools.pairwise(every))


def test_changes_are_handed_out_once_whoever_made_them():
    made = model(THING)
    made.set([request("Size", "2"), request("Size", "2"), request("Size", "x")], Origin.CSMS)
    made.set([request("Shown", "3")], Origin.INTERNAL)

    changes = made.take_changes()

    assert [(each.name.variable.name, each.new, each.origin) for each in changes] == [
        ("Size", "2", Origin.CSMS),
        ("Shown", "3", Origin.INTERNAL),
    ]
    assert made.take_changes() == ()


def test_what_comes_at_run_time_has_changed():
    made = model()

    added = made.add(connected_ev(1))

    assert added
    assert made.take_changes() == added
