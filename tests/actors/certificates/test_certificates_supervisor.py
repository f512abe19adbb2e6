import pytest

from actors.certificates import messages
from actors.certificates.certificates_supervisor import WORKERS, branch
from actors.engine.branch import CHILDREN
from actors.engine.supervision import ChildSpec, Exhausted
from protocols import codec
from tests.support.managers import ACTOR, MAIN, Stage
from tests.support.managers import WORKERS as PATHS

MAIN_SPEC = ChildSpec(
    id="security", actor=ACTOR, grants={"security/main": "evse_security"}, config={"module": "security"}
)


def children():
    return {
        one.id: one
        for one in (codec.from_plain(ChildSpec, plain) for plain in branch(MAIN_SPEC).config[CHILDREN])
    }


def test_the_branch_bears_the_name_of_the_module():
    assert branch(MAIN_SPEC).id == "security"
    assert children()["manager"].grants == MAIN_SPEC.grants


def test_the_manager_knows_its_workers_by_their_names():
    manager = children().pop("manager")

    served = [name for one in children().values() for name in one.grants if one.id != "manager"]
    assert manager.config["workers"] == served
    assert len(served) == WORKERS


def test_nobody_who_keeps_dying_takes_the_site_along():
    specs = [one for name, one in children().items() if name != "manager"]

    assert all(one.exhausted is Exhausted.GIVE_UP for one in (branch(MAIN_SPEC), *specs))


def test_a_worker_is_replaced_when_the_manager_wants_it(tmp_path):
    # given
    stage = Stage(tmp_path)
    before = {path: stage.simulation.actor(path).port.pid for path in PATHS}
    # when
    stage.manager().to_supervisor(messages.ReplaceWorker(worker="worker_2"))
    stage.pass_time(2)
    # then
    after = {path: stage.simulation.actor(path).port.pid for path in PATHS}
    assert [path for path in PATHS if before[path] != after[path]] == [PATHS[1]]


@pytest.mark.parametrize("who", ["nobody", ""])
def test_a_wish_about_nobody_is_passed_over(tmp_path, who):
    stage = Stage(tmp_path)

    stage.manager().to_supervisor(messages.ReplaceWorker(worker=who))
    stage.pass_time(1)

    assert MAIN in {grant.name for grant in stage.manager().grants}
