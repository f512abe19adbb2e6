import pytest

from actors.catalog import CATALOG
from actors.catalog.manifest import Kind, Parameter
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.device_model.site_mapping import Target
from actors.ocpp.device_model.site_storage import SiteStorage, scalar_of, text_of
from actors.ocpp.device_model.storage import NO_STORAGE, Kept, StoredValue, ValueSource
from actors.ocpp.device_model.value_journal import ValueJournal
from tests.support.device_model import name
from tests.support.journals import NOW

AUTH = CATALOG["Auth"].parameters
TIMEOUT, GROUP, FIXED = name("EVConnectionTimeOut", "TxCtrlr"), name("MasterPassGroupId"), name("Fixed")


def target(parameter, *, may_write=True):
    return Target(module_id="auth", declared=AUTH[parameter], may_write=may_write)


class Site:
    """A site file with its overlay, to be opened again."""

    def __init__(self, path):
        self.path = path
        self.file = {"connection_timeout": 60, "master_pass_group_id": "", "selection_algorithm": "FindFirst"}
        self.changes = []
        self.overlay = None
        self.targets = {
            TIMEOUT.place: target("connection_timeout"),
            GROUP.place: target("master_pass_group_id", may_write=False),
            FIXED.place: target("selection_algorithm"),
        }

    def open(self):
        self.close()
        self.overlay = ValueJournal.open(self.path / "everest_device_model_storage.db", now=NOW)
        return SiteStorage(self.targets, self.read, self.changed, self.overlay)

    def read(self, where):
        return self.file[where.declared.name]

    def changed(self, where, value):
        self.changes.append((str(where), value))

    def close(self):
        if self.overlay is not None:
            self.overlay.close()


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    yield site
    site.close()


def by_csms(text):
    return StoredValue(text, ValueSource.CSMS)


def test_the_values_are_those_of_the_site_file(site):
    # S20.17
    assert site.open().load() == {
        TIMEOUT: StoredValue("60", ValueSource.SITE),
        GROUP: StoredValue("", ValueSource.SITE),
        FIXED: StoredValue("FindFirst", ValueSource.SITE),
    }


def test_a_parameter_without_a_value_gives_none(site):
    site.file["connection_timeout"] = None

    assert TIMEOUT not in site.open().load()


def test_a_new_value_is_durable_and_then_told_to_its_module(site):
    # S20.8
    storage = site.open()

    assert storage.write(TIMEOUT, by_csms("90")) is Kept.NOW

    assert site.changes == [("auth.connection_timeout", 90)]
    again = site.open()
    assert again.load()[TIMEOUT] == by_csms("90")
    assert [(str(where), value) for where, value in again.overlaid()] == [("auth.connection_timeout", 90)]


def test_a_parameter_that_a_running_module_cannot_change_waits(site):
    assert site.open().write(FIXED, by_csms("PlugEvents")) is Kept.AFTER_RESTART


def test_a_later_edit_of_the_site_file_replaces_what_was_set(site):
    site.open().write(TIMEOUT, by_csms("90"))
    site.file["connection_timeout"] = 30

    storage = site.open()

    assert storage.load()[TIMEOUT] == StoredValue("30", ValueSource.SITE)
    assert list(storage.overlaid()) == []
    assert not site.overlay.entries


def test_what_was_set_for_an_unmapped_variable_is_let_go(site):
    site.open().write(TIMEOUT, by_csms("90"))
    del site.targets[TIMEOUT.place]

    storage = site.open()

    assert list(storage.overlaid()) == []
    assert TIMEOUT not in storage.load()
    assert not site.overlay.entries


def test_what_is_forgotten_is_as_the_site_file_has_it(site):
    storage = site.open()
    storage.write(TIMEOUT, by_csms("90"))

    storage.forget([TIMEOUT])

    assert storage.load()[TIMEOUT] == StoredValue("60", ValueSource.SITE)


@pytest.mark.parametrize(
    ("where", "text", "reason"),
    [
        (GROUP, "x", Reason.READ_ONLY),
        (TIMEOUT, "0", Reason.VALUE_TOO_LOW),
        (TIMEOUT, "x", Reason.INVALID_VALUE),
        (FIXED, "Guess", Reason.INVALID_VALUE),
    ],
)
def test_a_value_that_the_parameter_cannot_have_is_refused(site, where, text, reason):
    storage = site.open()

    outcome = storage.write(where, by_csms(text))

    assert isinstance(outcome, Refusal)
    assert outcome.reason is reason
    assert (site.changes, dict(site.overlay.entries)) == ([], {})


def test_a_variable_that_is_not_mapped_is_refused(site):
    assert site.open().write(name("Other"), by_csms("x")) is NO_STORAGE


def test_a_value_that_finds_no_room_is_told_to_nobody(site, monkeypatch):
    storage = site.open()
    full = Refusal(Reason.OUT_OF_STORAGE, "full")
    monkeypatch.setattr(site.overlay, "put", lambda *_: full)

    assert storage.write(TIMEOUT, by_csms("90")) is full
    assert not site.changes


def test_an_overlaid_value_that_no_longer_suits_is_told_to_nobody(site):
    site.open().write(TIMEOUT, by_csms("90"))
    storage = site.open()
    site.targets[TIMEOUT.place] = target("selection_algorithm")
    storage = site.open()

    assert list(storage.overlaid()) == []


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.BOOLEAN, "true", True),
        (Kind.BOOLEAN, "false", False),
        (Kind.INTEGER, "-3", -3),
        (Kind.NUMBER, "1.5", 1.5),
        (Kind.STRING, "x", "x"),
    ],
)
def test_a_value_keeps_its_meaning_both_ways(kind, text, value):
    declared = Parameter(name="p", kind=kind, meaning="")

    assert scalar_of(declared, text) == value
    assert type(scalar_of(declared, text)) is type(value)
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("bounds", "text", "reason"),
    [
        ({"kind": Kind.INTEGER, "maximum": 5}, "6", Reason.VALUE_TOO_HIGH),
        ({"kind": Kind.STRING, "min_length": 2}, "x", Reason.VALUE_TOO_LOW),
        ({"kind": Kind.BOOLEAN}, "yes", Reason.INVALID_VALUE),
    ],
)
def test_the_bounds_of_a_parameter_bind(bounds, text, reason):
    refusal = scalar_of(Parameter(name="p", meaning="", **bounds), text)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason


def test_no_value_has_no_text():
    assert text_of(None) is None


def test_the_overlay_is_kept_by_attribute(site):
    assert AttributeName(*TIMEOUT.place) == TIMEOUT
