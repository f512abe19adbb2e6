"""The site's tree, derived from the site file and started in one thread."""

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import Phase, find, settings

from actors.config import check_site, load_site
from actors.connector.messages import LEASE_S
from actors.engine import messages
from actors.engine.branch import CHILDREN
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.ocpp.assembly import lay_out
from actors.ocpp.device_model.generation import Evse
from actors.places import evse_of
from actors.site import RETRY_S, Site, device_model_problems, parameters_set, plan
from protocols import codec, interfaces
from protocols.interfaces import evse_manager, iso15118_charger, kvs
from protocols.message import Failure, FailureReason, Reply
from protocols.types import evse_manager as types
from tests.support import strategies

ROOT = Path(__file__).parents[2]
SITE = load_site(ROOT / "deploy" / "sil-2evse.yaml")


FIRST = settings(phases=[Phase.generate], max_examples=1, database=None, derandomize=True)


def example(kind):
    """Some valid message of that class."""
    return find(strategies.messages(kind), lambda _example: True, settings=FIRST)


def by_id(specs):
    return {spec.id: spec for spec in specs}


HONEST = {FailureReason.UNSUPPORTED, FailureReason.INVALID}


def below(spec):
    return by_id(codec.from_plain(ChildSpec, each) for each in spec.config[CHILDREN])


@contextlib.contextmanager
def started(tmp_path, site=SITE):
    simulation = Simulation()
    children = [codec.to_plain(spec) for spec in plan(site, str(tmp_path / "journals"))]
    start = messages.Start(path="site", lineage="site#0", config={"children": children})
    simulation.start(Site, start)
    simulation.advance(0.1)
    yield simulation
    simulation.close()


@pytest.fixture
def site(tmp_path):
    """The two-EVSE site, started."""
    with started(tmp_path) as simulation:
        yield simulation


def test_every_evse_of_the_file_has_a_supervisor(tmp_path):
    specs = by_id(plan(SITE, str(tmp_path)))

    assert {spec.evse for spec in specs.values() if spec.actor.endswith("EvseSupervisor")} == {1, 2}


def test_modules_of_an_evse_stand_below_its_supervisor(tmp_path):
    specs = by_id(plan(SITE, str(tmp_path)))

    assert set(below(specs["evse_1"])) == {
        "evse_1", "evse_1.connector_1", "board_1", "slac_1", "v2g_1", "v2g_1.session", "car_1", "car_1_v2g",
    }  # fmt: skip


def test_simulated_hardware_stands_beside_the_evses_and_outlives_their_drivers(tmp_path):
    specs = by_id(plan(SITE, str(tmp_path)))

    plants = below(specs["simulation"])
    assert {name: spec.config["dc"] for name, spec in plants.items()} == {"plant:1": False, "plant:2": True}
    assert below(specs["evse_2"])["supply_2"].config["plant"] == "plant:2"
    assert below(specs["evse_1"])["evse_1"].config["managed"] is True


def test_what_holds_power_on_is_found_hung_before_the_hardware_switches_off(tmp_path):
    found = below(by_id(plan(SITE, str(tmp_path)))["evse_2"])

    for name in ("evse_2", "evse_2.connector_1", "board_2", "supply_2", "imd_2"):
        assert found[name].heartbeat_s + found[name].deadline_s < LEASE_S


def test_every_board_of_an_evse_has_an_outlet_of_its_own(tmp_path):
    board = "  board_1:\n    module: SimulatedBoard\n    mapping:\n      module:\n        evse: 1\n"
    wire = "        - module_id: board_1\n          implementation_id: board_support\n"
    site = changed(
        (board, f"{board.replace('board_1', 'board_3')}    config_module:\n      connector_id: 1\n{board}"),
        (f"bsp:\n{wire}", f"bsp:\n{wire}{wire.replace('board_1', 'board_3')}"),
    )

    found = below(by_id(plan(site, str(tmp_path)))["evse_1"])

    outlets = {each: found[each] for each in ("evse_1.connector_1", "evse_1.connector_2")}
    assert [each.config["connector"] for each in outlets.values()] == [1, 2]
    assert [each.grants for each in outlets.values()] == [
        {"evse_1/connector_1": ""}, {"evse_1/connector_2": ""},
    ]  # fmt: skip


def test_modules_of_the_station_stand_below_the_root(tmp_path):
    specs = by_id(plan(SITE, str(tmp_path)))

    assert {"store", "auth", "certificates"} < set(specs)


def test_modules_that_come_later_are_left_out(tmp_path):
    later = """
  api:
    module: EvAPI
    connections: {ev_manager: [{module_id: car_1, implementation_id: ev_manager}]}
  # Every error there was."""

    started = repr(plan(changed(("\n  # Every error there was.", later)), str(tmp_path)))

    assert "'module': 'car_1'" in started
    assert "'module': 'api'" not in started


def test_ocpp_stands_below_a_supervisor_of_its_own_beside_its_link_and_its_log(tmp_path):
    charge_point, link, log = below(by_id(plan(SITE, str(tmp_path)))["ocpp"]).values()

    assert charge_point.config["evses"] == {"1": 1, "2": 1}
    assert ["evse_manager", 2, "evse_2/evse"] in charge_point.config["peers"]
    assert {"ocpp/ocpp_generic", "ocpp/charge_point"} < set(charge_point.grants)
    assert link.config == {"charge_point": "ocpp/charge_point", "security": "certificates/main"}
    assert (log.config["link"], log.config["ocpp"]) == ("ocpp/link", "ocpp/ocpp_generic")


def test_modules_start_with_what_was_set_above_the_site_file(tmp_path):
    # S20.8; the charge point goes on comparing with what the file says
    specs = by_id(plan(SITE, str(tmp_path), {"auth": {"connection_timeout": 77}}))

    auth = below(specs["auth"])["auth"]
    charge_point = below(specs["ocpp"])["charge_point"]
    assert auth.config["parameters"]["connection_timeout"] == 77
    in_file = SITE.modules["auth"].parameters["connection_timeout"]
    assert charge_point.config["modules"]["auth"]["parameters"]["connection_timeout"] == in_file


def test_a_site_in_which_nothing_was_set_starts_by_its_file(tmp_path):
    assert parameters_set(SITE, str(tmp_path), datetime.now(UTC), print) == {}


def test_a_device_model_for_other_evses_is_told_of(tmp_path):
    # given the files of one EVSE, and a site of two
    lay_out(tmp_path / "component_config", [Evse()])

    problems = device_model_problems(SITE, str(tmp_path / "journals"), datetime.now(UTC))

    told = {"there is no file for EVSE at 2", "there is no file for Connector at 2.1"}
    assert {each.text for each in problems} == told


def test_a_site_without_a_back_end_has_no_device_model(tmp_path):
    (tmp_path / "component_config").mkdir()
    site = load_site(ROOT / "deploy" / "minimal-ac.yaml")

    assert device_model_problems(site, str(tmp_path / "journals"), datetime.now(UTC)) == ()


def test_an_actor_serves_the_names_of_its_module(tmp_path):
    specs = by_id(plan(SITE, str(tmp_path)))

    serving = below(specs["auth"])["auth"]
    assert serving.grants == {"auth/main": "auth", "auth/reservation": "reservation"}


def test_the_certificate_manager_stands_beside_its_workers(tmp_path):
    specs = by_id(plan(SITE, str(tmp_path)))

    manager = below(specs["certificates"])["manager"]
    assert manager.grants == {"certificates/main": "evse_security"}
    assert set(below(specs["certificates"])) == {"manager", "worker_1", "worker_2", "worker_3"}


def test_an_evse_that_cannot_be_kept_alive_is_given_up_alone(tmp_path):
    assert by_id(plan(SITE, str(tmp_path)))["evse_1"].exhausted == "give_up"


def test_stores_start_first_and_evses_after_the_station(tmp_path):
    specs = by_id(plan(SITE, str(tmp_path)))

    assert specs["store"].stage < specs["auth"].stage < specs["evse_1"].stage


def changed(*edits, renamed=()):
    """The shipped site with texts replaced, and modules renamed wherever they are named."""
    text = (ROOT / "deploy" / "sil-2evse.yaml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    for old, new in renamed:
        text, found = re.subn(rf"(?m)^(  |.*module_id: ){re.escape(old)}(:?)$", rf"\g<1>{new}\g<2>", text)
        assert found
    checked = check_site(text.encode(), "site.yaml")
    assert checked.site is not None, checked.problems
    return checked.site


UNMAPPED = (
    "  v2g_1:\n    module: EvseV2G\n    mapping:\n      module:\n        evse: 1\n",
    "  v2g_1:\n    module: EvseV2G\n",
)


def test_a_device_of_one_evse_belongs_to_it_whoever_else_uses_it():
    unmapped = changed(UNMAPPED)  # OCPP uses it as well

    assert unmapped.modules["v2g_1"].evse is None
    assert evse_of(unmapped, unmapped.modules["v2g_1"]) == 1


def test_a_device_that_several_evses_use_belongs_to_the_station():
    shared = changed(
        UNMAPPED,
        (
            "  v2g_2:\n    module: EvseV2G\n    mapping:\n      module:\n        evse: 2\n",
            UNMAPPED[1].replace("_1", "_2"),
        ),
        ("v2g_2\n          implementation_id: charger", "v2g_1\n          implementation_id: charger"),
    )

    assert evse_of(shared, shared.modules["v2g_1"]) is None


def test_a_store_that_one_evse_uses_stays_with_the_station():
    alone = load_site(ROOT / "deploy" / "minimal-ac.yaml")

    assert any(use.requirement == "store" for use in alone.users["store/main"])
    assert evse_of(alone, alone.modules["store"]) is None


@pytest.mark.parametrize(
    ("module_id", "called", "home"),
    [
        ("registry", "store", None),
        ("evse_2", "reader", None),
        ("evse_1.connector_1", "v2g_1", "evse_1"),
    ],
)
def test_no_module_is_called_like_what_stands_beside_it(tmp_path, module_id, called, home):
    """The manager of EVSE 2 gives its id away first, because ids are unique in a file."""
    site = changed(renamed=[("evse_2", "manager_2"), (called, module_id)])

    specs = plan(site, str(tmp_path))

    beside = below(by_id(specs)[home]) if home else by_id(specs)
    assert beside[f"module:{module_id}"].grants.keys() == {
        f"{module_id}/{name}" for name in site.modules[module_id].manifest.provides
    }
    ids = [spec.id for spec in specs] + ["registry"]
    assert len(ids) == len(set(ids))


def test_a_site_whose_modules_are_called_like_ours_starts(tmp_path):
    # given
    names = changed(renamed=[("store", "registry"), ("evse_2", "manager_2"), ("auth", "evse_2")])

    # when
    with started(tmp_path, names) as simulation:
        # then
        assert all(actor.ready for actor in simulation.actors().values())
        assert simulation.ask("registry/main", kvs.Exists(key="k")) == kvs.ExistsReply(exists=False)


def test_the_tree_of_the_shipped_site_becomes_ready(site):
    assert all(actor.ready for actor in site.actors().values())


def test_get_evse_answers_what_the_site_file_says(site):
    reply = site.ask("evse_2/evse", evse_manager.GetEvse())

    connector = types.Connector(id=1, type=types.ConnectorTypeEnum.C_CCS2)
    assert reply == evse_manager.GetEvseReply(evse=types.Evse(id=2, connectors=(connector,)))


def test_an_idle_evse_has_nothing_to_pause(site):
    assert site.ask("evse_1/evse", evse_manager.PauseCharging()) == evse_manager.PauseChargingReply(
        paused=False
    )


def test_the_link_answers_what_its_session_has_decided(site):
    assert site.ask("v2g_1/charger", iso15118_charger.DlinkReady(value=True)) == Reply()


MOST_S = 20
"""A token waits for the back-end's first word; nothing here takes longer."""


@pytest.mark.untraced
def test_every_command_of_every_served_interface_is_answered(site):
    # given
    faces = interfaces.load_all()
    grants = [grant for actor in site.actors().values() for grant in actor.grants]
    served = {grant.name: grant.interface for grant in grants if grant.interface}
    before = {path: actor.port.pid for path, actor in site.actors().items()}

    # when
    answers = {
        (name, tag): site.ask(name, example(kind), within_s=MOST_S)
        for name, face in served.items()
        if face in faces  # the car's side of a simulated device has no interface of EVerest's inventory
        for tag, kind in faces[face].commands.items()
    }

    # then: a handler may find the example senseless, but it says so and lives
    assert answers
    wrong = {
        what: reply
        for what, reply in answers.items()
        if not (
            type(reply) is faces[served[what[0]]].commands[what[1]].answer
            or (isinstance(reply, Failure) and reply.reason in HONEST)
        )
    }
    assert not wrong
    assert {path: actor.port.pid for path, actor in site.actors().items()} == before


def test_what_is_stored_survives_a_kill_of_the_store(site):
    # given
    site.ask("store/main", kvs.Store(key="auth.reservations", value=("r1", {"evse": 2})))

    # when
    site.kill("site/store")
    site.advance(1)

    # then
    assert site.ask("store/main", kvs.Load(key="auth.reservations")).value == ("r1", {"evse": 2})


DEATHS = 12
"""More than any budget allows in the time they take."""


def nodes(simulation):
    reply = simulation.ask("site", messages.GetTree())
    assert isinstance(reply, messages.GetTreeReply)
    return {node.name: node for node in reply.node.children}


@pytest.mark.untraced
@pytest.mark.parametrize("branch", [spec.id for spec in plan(SITE, "state")])
def test_a_branch_that_keeps_dying_is_given_up_alone(site, branch):
    # given
    before = nodes(site)
    # when
    for _ in range(DEATHS):
        if f"site/{branch}" in site.actors():
            site.kill(f"site/{branch}")
        site.advance(0.5)
    # then
    after = nodes(site)
    assert after[branch].state == "Failed"
    assert {name: node.pid for name, node in after.items() if name != branch} == {
        name: node.pid for name, node in before.items() if name != branch
    }
    # and it is tried again before long
    site.advance(RETRY_S)
    assert nodes(site)[branch].state == "Running"


@pytest.mark.untraced
@pytest.mark.parametrize(
    "actor", ["evse_1/evse_1", "evse_1/v2g_1.session", "certificates/manager", "registry"]
)
def test_an_actor_that_keeps_dying_does_not_end_the_site(site, actor):
    before = nodes(site)
    branch = actor.partition("/")[0]

    for _ in range(120):
        if f"site/{actor}" in site.actors():
            site.kill(f"site/{actor}")
        site.advance(0.1)

    after = nodes(site)
    assert {name: node.pid for name, node in after.items() if name != branch} == {
        name: node.pid for name, node in before.items() if name != branch
    }


def test_a_killed_evse_supervisor_is_rebuilt_with_its_subtree(site):
    before = {path: actor.port.pid for path, actor in site.actors().items() if "evse_1" in path}

    site.kill("site/evse_1")
    site.advance(1)

    after = {path: actor.port.pid for path, actor in site.actors().items() if "evse_1" in path}
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())


def test_the_other_evse_keeps_its_processes_meanwhile(site):
    before = {path: actor.port.pid for path, actor in site.actors().items() if "evse_2" in path}

    site.kill("site/evse_1")
    site.advance(1)

    assert {path: actor.port.pid for path, actor in site.actors().items() if "evse_2" in path} == before


def test_the_site_stops_leaving_nobody(site):
    site.tell("site", messages.Stop(within_s=3.0))

    assert site.actors() == {}


def test_an_iso_mux_is_one_link_and_nobody_behind_it_runs(tmp_path):
    site = load_site(ROOT / "deploy" / "everest-isomux.yaml")

    specs = by_id(plan(site, str(tmp_path)))
    found = below(specs["evse_1"])

    assert {"iso_mux", "iso_mux.session"} < found.keys()
    assert found.keys().isdisjoint({"iso15118_2", "iso15118_20"})
    assert specs.keys().isdisjoint({"iso15118_2", "iso15118_20"})
    assert found["iso_mux"].config == found["iso_mux.session"].config
    assert found["iso_mux"].config["connections"] == {"security": ["evse_security/main"], "iso15118_vas": []}
