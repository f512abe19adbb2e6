"""The key-value store: durable before it answers, recovered by its successor."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.engine import messages
from actors.engine.journal import DiskFull, Journal, Limits
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.store import contents
from actors.store.store_actor import Entry, Everything, Put, Removed, StoreActor
from protocols import codec
from protocols.interfaces import kvs
from protocols.message import Failure, FailureReason, Reply
from protocols.plain import MAX_DEPTH
from tests.support import strategies
from tests.support.journals import NOW


class Root(RootSupervisor):
    """A root with nothing but a store below it; it has no successor."""

    def branches(self):
        config = {
            "module": "store",
            "parameters": {"sqlite_db_file_path": self.config.get("file", "store")},
            "implementations": {},
            "connections": {},
            "state": self.config["state"],
        }
        return [
            ChildSpec(
                id="store",
                actor="actors.store.store_actor.StoreActor",
                grants={"store/main": "kvs"},
                config=config,
            )
        ]


@pytest.fixture
def store(tmp_path):
    return started(tmp_path)


def started(state, file="store"):
    simulation = Simulation()
    config = {"state": str(state), "file": str(file)}
    start = messages.Start(path="site", lineage="site#0", config=config)
    simulation.start(Root, start)
    simulation.advance(0.1)
    return simulation


def load(store, key):
    return store.ask("store/main", kvs.Load(key=key)).value


@pytest.mark.parametrize("value", [None, True, 7, 2.5, "text", ("a", None, 1), {"nested": {"x": (1,)}}])
def test_a_stored_value_is_loaded_as_it_was(store, value):
    store.ask("store/main", kvs.Store(key="k", value=value))

    assert load(store, "k") == value


def test_a_key_never_stored_loads_as_null(store):
    assert load(store, "unknown") is None


def test_a_stored_null_exists_all_the_same(store):
    store.ask("store/main", kvs.Store(key="k", value=None))

    assert store.ask("store/main", kvs.Exists(key="k")) == kvs.ExistsReply(exists=True)


def test_a_deleted_key_exists_no_longer(store):
    store.ask("store/main", kvs.Store(key="k", value=1))

    store.ask("store/main", kvs.Delete(key="k"))

    assert store.ask("store/main", kvs.Exists(key="k")) == kvs.ExistsReply(exists=False)


def test_deleting_what_is_not_there_is_no_error(store):
    assert store.ask("store/main", kvs.Delete(key="unknown")) == Reply()


def test_the_successor_knows_every_value_and_every_deletion(store):
    # given
    for number in range(20):
        store.ask("store/main", kvs.Store(key=f"k{number}", value=number))
    store.ask("store/main", kvs.Delete(key="k7"))

    # when
    store.kill("site/store")
    store.advance(1)

    # then
    assert [load(store, f"k{number}") for number in (6, 7, 8)] == [6, None, 8]


def test_a_stopped_store_is_found_again_by_the_next_run(tmp_path):
    # given
    first = started(tmp_path)
    first.ask("store/main", kvs.Store(key="k", value="v"))
    first.tell("site", messages.Stop(within_s=1.0))

    # when
    second = started(tmp_path)

    # then
    assert load(second, "k") == "v"


def test_many_changes_are_folded_into_a_snapshot(tmp_path, monkeypatch):
    # given
    monkeypatch.setattr(StoreActor, "limits", Limits(records=10))
    store = started(tmp_path)

    # when
    for number in range(25):
        store.ask("store/main", kvs.Store(key="counter", value=number))
    store.kill("site/store")
    store.advance(1)

    # then
    assert load(store, "counter") == 24


def stored(store, key, value):
    return store.ask("store/main", kvs.Store(key=key, value=value))


@pytest.mark.parametrize("keys", [4097, 5001])
def test_more_keys_than_one_object_holds_outlive_their_snapshot(tmp_path, monkeypatch, keys):
    # given: one change is missing until a snapshot is due
    monkeypatch.setattr(StoreActor, "limits", Limits(records=2 * keys))
    with Journal.open(tmp_path / "store.journal", now=NOW) as journal:
        journal.append(*(Put(key=f"k{number}", value=number) for number in range(1, keys)))
    store = started(tmp_path)

    # when
    reply = stored(store, "k0", 0)
    store.kill("site/store")
    store.advance(1)

    # then
    assert reply == Reply()
    assert [load(store, f"k{number}") for number in (0, 4095, 4096, keys - 1)] == [0, 4095, 4096, keys - 1]
    store.kill("site/store")
    with Journal.open(tmp_path / "store.journal", now=NOW) as journal:
        state, records = journal.recover()
    assert (len(state.entries), records) == (keys, ())


def test_a_value_that_no_room_is_left_for_is_refused(store):
    # given
    big = "x" * 6_000_000

    # when
    replies = [stored(store, f"k{number}", big) for number in range(3)]

    # then
    assert replies[:2] == [Reply(), Reply()]
    assert replies[2].reason is FailureReason.OVERLOADED
    assert "do not fit; delete some" in replies[2].detail
    assert [store.ask("store/main", kvs.Exists(key=f"k{number}")).exists for number in range(3)] == [1, 1, 0]


def test_a_full_store_is_found_whole_by_the_next_run(tmp_path):
    # given
    first = started(tmp_path)
    for number in range(3):
        stored(first, f"k{number}", "x" * 6_000_000)
    first.tell("site", messages.Stop(within_s=1.0))

    # when
    second = started(tmp_path)

    # then
    assert [len(load(second, f"k{number}") or "") for number in range(3)] == [6_000_000, 6_000_000, 0]


def test_deleting_makes_room_again(store):
    for number in range(2):
        stored(store, f"k{number}", "x" * 6_000_000)

    store.ask("store/main", kvs.Delete(key="k0"))

    assert stored(store, "k2", "x" * 6_000_000) == Reply()


def test_a_value_no_record_can_hold_is_refused_as_invalid(store):
    before = store.actors()["site/store"].port.pid

    reply = stored(store, "k", "x" * 8_400_000)

    assert reply.reason is FailureReason.INVALID
    assert store.actors()["site/store"].port.pid == before


def test_a_value_too_deep_for_a_snapshot_is_refused_as_invalid(store):
    deep = 1
    for _ in range(MAX_DEPTH - 1):
        deep = (deep,)

    assert stored(store, "k", deep).reason is FailureReason.INVALID


def test_one_key_too_many_is_refused_before_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "MAX_KEYS", 3)
    store = started(tmp_path)

    replies = [stored(store, f"k{number}", number) for number in range(4)]

    assert replies[3].reason is FailureReason.OVERLOADED
    assert not store.ask("store/main", kvs.Exists(key="k3")).exists


def test_a_store_beyond_its_bounds_starts_with_all_it_has(tmp_path, monkeypatch):
    # given: an earlier version let in more than one snapshot holds
    value = "x" * 2_000_000
    with Journal.open(tmp_path / "store.journal", now=NOW) as journal:
        journal.snapshot(
            Everything(entries=tuple(Entry(key=f"k{number}", value=value) for number in range(4)))
        )
        for number in range(4, 8):
            journal.append(Put(key=f"k{number}", value=value if number < 7 else ""))
    monkeypatch.setattr(StoreActor, "limits", Limits(snapshot_bytes=9_000_000))

    # when
    store = started(tmp_path)

    # then
    assert [len(load(store, f"k{number}")) for number in range(8)] == [2_000_000] * 7 + [0]
    assert stored(store, "k9", 1).reason is FailureReason.OVERLOADED
    assert store.ask("store/main", kvs.Delete(key="k0")) == Reply()


def test_a_full_journal_is_folded_before_a_large_change(tmp_path, monkeypatch):
    monkeypatch.setattr(StoreActor, "limits", Limits(records_bytes=1000, due_share=1.0))
    store = started(tmp_path)

    replies = [stored(store, f"k{number}", "x" * 600) for number in range(3)]

    assert replies == [Reply()] * 3


@pytest.mark.parametrize(("number", "answered"), [(4, Reply), (12, Failure)], ids=["records fit", "full"])
def test_a_snapshot_that_fails_costs_no_answer_while_records_fit(tmp_path, monkeypatch, number, answered):
    # given
    monkeypatch.setattr(StoreActor, "limits", Limits(records=8))
    monkeypatch.setattr(Journal, "snapshot", raising(DiskFull(tmp_path, "no space")))
    store = started(tmp_path)

    # when
    replies = [stored(store, f"k{each}", each) for each in range(number)]
    store.kill("site/store")
    store.advance(1)

    # then
    assert type(replies[-1]) is answered
    assert [load(store, f"k{each}") for each in range(8)] == [*range(min(number, 8)), *[None] * (8 - number)]


def raising(error):
    def method(*_):
        raise error

    return method


def test_a_change_that_finds_no_room_on_the_disk_is_refused(store, monkeypatch):
    monkeypatch.setattr(Journal, "append", raising(DiskFull(Path("j"), "no space")))

    assert stored(store, "k", 1).reason is FailureReason.OVERLOADED
    assert load(store, "k") is None


def test_a_snapshot_of_version_1_is_still_read():
    body = {"values": {"a": 1, "b": None}}

    item = codec.from_envelope(["actors.store.store_actor.everything", 1, body])

    assert item == Everything(entries=(Entry(key="a", value=1), Entry(key="b")))


KINDS = [Put, Removed, Entry, Everything]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(derandomize=True, max_examples=25, deadline=None)
@given(data=st.data())
def test_what_the_journal_holds_survives_the_codec(kind, data):
    item = data.draw(strategies.messages(kind))

    assert codec.decode(codec.encode(item)) == item


@pytest.mark.parametrize("file", ["kept/values.db", "{elsewhere}/values.db"])
def test_values_are_kept_in_the_file_of_the_site_file(tmp_path, file):
    path = tmp_path / "state" / file.format(elsewhere=tmp_path / "elsewhere")

    store = started(tmp_path / "state", file.format(elsewhere=tmp_path / "elsewhere"))
    stored(store, "k", 1)

    assert path.with_name("values.db.journal").is_file()


def test_a_file_of_everests_store_stays_what_it_is(tmp_path):
    (tmp_path / "values.db").write_bytes(b"SQLite format 3\0 of another program")

    stored(started(tmp_path, "values.db"), "k", 1)

    assert (tmp_path / "values.db").read_bytes() == b"SQLite format 3\0 of another program"
