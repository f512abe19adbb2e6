from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.composed_storage import ComposedStorage, sources_of
from actors.ocpp.device_model.storage import NO_STORAGE, Kept, StoredValue, ValueSource
from tests.support.device_model import MemoryStorage, component, name, prop

VALUE = StoredValue("x", ValueSource.CSMS)
OURS, THEIRS, NOBODYS = name("Ours"), name("Theirs"), name("Nobodys")


def composed(ocpp, site):
    sources = sources_of([component(prop("Ours"), prop("Theirs", source="SITE"))])
    return ComposedStorage({Source.OCPP: ocpp, Source.SITE: site}, sources)


def test_each_value_goes_to_the_source_of_its_variable():
    # S20.18
    ocpp, site = MemoryStorage(), MemoryStorage()
    storage = composed(ocpp, site)

    storage.write(OURS, VALUE)
    storage.write(THEIRS, VALUE)

    assert (list(ocpp.values), list(site.values)) == ([OURS], [THEIRS])


def test_at_the_start_each_value_comes_from_its_own_source():
    # S20.19
    storage = composed(MemoryStorage({OURS: VALUE}), MemoryStorage({THEIRS: VALUE}))

    assert dict(storage.load()) == {OURS: VALUE, THEIRS: VALUE}


def test_a_value_in_the_wrong_storage_is_forgotten_there():
    # S20.12
    ocpp = MemoryStorage({OURS: VALUE, THEIRS: StoredValue("stale", ValueSource.CSMS)})

    assert dict(composed(ocpp, MemoryStorage({THEIRS: VALUE})).load()) == {OURS: VALUE, THEIRS: VALUE}
    assert list(ocpp.values) == [OURS]


def test_a_variable_without_a_source_is_refused():
    ocpp = MemoryStorage()

    assert composed(ocpp, MemoryStorage()).write(NOBODYS, VALUE) is NO_STORAGE
    assert not ocpp.values


def test_a_source_without_a_storage_is_refused():
    storage = ComposedStorage({}, {OURS.place: Source.OCPP})

    assert storage.write(OURS, VALUE) is NO_STORAGE


def test_the_outcome_of_a_source_is_handed_on():
    site = MemoryStorage()
    site.kept = Kept.AFTER_RESTART

    assert composed(MemoryStorage(), site).write(THEIRS, VALUE) is Kept.AFTER_RESTART


def test_values_are_forgotten_where_they_lie():
    ocpp, site = MemoryStorage({OURS: VALUE}), MemoryStorage({THEIRS: VALUE})

    composed(ocpp, site).forget([OURS, THEIRS, NOBODYS])

    assert not ocpp.values
    assert not site.values
