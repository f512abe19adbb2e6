"""The conformance suite: every storage of device-model values passes it (row S20.15)."""

import pytest

from actors.catalog import CATALOG
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.composed_storage import ComposedStorage
from actors.ocpp.device_model.names import Place
from actors.ocpp.device_model.site_mapping import Target
from actors.ocpp.device_model.site_storage import SiteStorage
from actors.ocpp.device_model.sqlite_storage import SqliteStorage
from actors.ocpp.device_model.storage import NO_STORAGE, Kept, StoredValue, ValueSource
from actors.ocpp.device_model.value_journal import ValueJournal
from tests.support.device_model import MemoryStorage, name
from tests.support.journals import NOW

ONE, TWO = name("One"), name("Two", "EVSE", evse_id=1)
AUTH = CATALOG["Auth"].parameters
TARGETS = {
    ONE.place: Target(module_id="auth", declared=AUTH["master_pass_group_id"], may_write=True),
    TWO.place: Target(module_id="auth", declared=AUTH["master_pass_group_id"], may_write=True),
}


class Disk:
    """Opens a kind of storage at one place, again and again."""

    def __init__(self, kind, path):
        self.kind, self.path, self.memory = kind, path, MemoryStorage()
        self.journals = []

    def journal(self, file):
        opened = ValueJournal.open(self.path / file, now=NOW)
        self.journals.append(opened)
        return opened

    def site(self):
        return SiteStorage(TARGETS, lambda target: None, lambda target, value: None, self.journal("site.db"))

    def open(self):
        while self.journals:
            self.journals.pop().close()
        if self.kind == "memory":
            return self.memory
        if self.kind == "sqlite":
            return SqliteStorage(self.journal("ocpp.db"))
        if self.kind == "site":
            return self.site()
        storages = {Source.OCPP: SqliteStorage(self.journal("ocpp.db")), Source.SITE: self.site()}
        return ComposedStorage(storages, {ONE.place: Source.OCPP, TWO.place: Source.SITE})


@pytest.fixture(params=["memory", "sqlite", "site", "composed"])
def place(request, tmp_path):
    place = Disk(request.param, tmp_path)
    yield place
    while place.journals:
        place.journals.pop().close()


def value(text, source=ValueSource.CSMS):
    return StoredValue(text, source)


def test_a_new_storage_is_empty(place):
    assert dict(place.open().load()) == {}


def test_what_is_written_is_there_after_a_restart(place):
    storage = place.open()

    assert storage.write(ONE, value("a")) is Kept.NOW
    assert storage.write(TWO, value("b", ValueSource.INTERNAL)) is Kept.NOW

    assert dict(place.open().load()) == {ONE: value("a"), TWO: value("b", ValueSource.INTERNAL)}


def test_the_last_value_written_holds(place):
    storage = place.open()
    for text in ("a", "", "c"):
        storage.write(ONE, value(text))

    assert dict(place.open().load()) == {ONE: value("c")}


def test_what_is_forgotten_is_gone_for_good(place):
    storage = place.open()
    storage.write(ONE, value("a"))
    storage.write(TWO, value("b"))

    storage.forget([ONE])

    assert dict(storage.load()) == {TWO: value("b")}
    assert dict(place.open().load()) == {TWO: value("b")}


def test_forgetting_what_it_does_not_hold_changes_nothing(place):
    storage = place.open()
    storage.write(ONE, value("a"))

    storage.forget([name("Three")])
    storage.forget([])

    assert dict(place.open().load()) == {ONE: value("a")}


def test_names_are_found_whatever_their_case(place):
    storage = place.open()
    storage.write(ONE, value("a"))

    storage.write(name("ONE", "THING"), value("b"))

    assert dict(place.open().load()) == {ONE: value("b")}


def test_a_variable_that_nobody_keeps_is_refused_with_a_code():
    assert isinstance(NO_STORAGE, Refusal)
    assert NO_STORAGE.reason is Reason.NOT_FOUND


def test_the_places_of_this_suite_are_mapped():
    assert set(TARGETS) == {Place(*ONE[:2]), Place(*TWO[:2])}
