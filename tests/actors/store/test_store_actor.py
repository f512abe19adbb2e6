"""The key-value store: durable before it answers, recovered by its successor."""

import pytest

from actors.engine import messages
from actors.engine.journal import Limits
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.store.store_actor import StoreActor
from protocols.interfaces import kvs
from protocols.message import Reply


class Root(RootSupervisor):
    """A root with nothing but a store below it; it has no successor."""

    def branches(self):
        config = {
            "module": "store",
            "parameters": {},
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


def started(state):
    simulation = Simulation()
    start = messages.Start(path="site", lineage="site#0", config={"state": str(state)})
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
