import pytest

from protocols.interfaces import iso15118_vas as say
from protocols.message import Reply
from protocols.types import iso15118_vas as vas
from tests.support import actors
from tests.support.simulated import Stage, child
from tests.support.sites import ROOT

PROVIDER = "vas/iso15118_vas"


@pytest.fixture
def stage():
    """Makes a site of a provider with a file, and of somebody who listens to it late."""
    actors.reset()

    def make(file):
        provider = child(
            "vas",
            actor="actors.v2g.static_vas_actor.StaticVasActor",
            grants={PROVIDER: "ISO15118_vas"},
            config={"module": "vas", "parameters": {"service_file": str(file)}},
        )
        made = Stage(provider, child("hearer"))
        made.pass_time(1)
        made.do("hearer", lambda one: one.subscribe(PROVIDER, say.OfferedVas, one.note))
        made.pass_time(1)
        return made

    yield make
    actors.reset()


@pytest.fixture
def provider(stage):
    return stage(ROOT / "deploy/services/example.yaml")


def test_who_listens_late_hears_what_is_offered(provider):
    (heard,) = provider.record("hearer")

    assert [each.service_id for each in heard.offered.services] == [34567, 34568]


def test_the_variants_of_a_service_are_told(provider):
    reply = provider.simulation.ask(PROVIDER, say.GetServiceParameters(service_id=34567))

    assert [each.set_id for each in reply.parameter_sets] == [1, 2]


def test_a_service_that_is_not_listed_has_no_variants(provider):
    reply = provider.simulation.ask(PROVIDER, say.GetServiceParameters(service_id=1))

    assert reply == say.GetServiceParametersReply(parameter_sets=())


def test_a_choice_is_taken(provider):
    chosen = say.SelectedServices(
        selected_services=(vas.SelectedService(service_id=34567, parameter_set_id=2),)
    )

    assert provider.simulation.ask(PROVIDER, chosen) == Reply()


@pytest.mark.parametrize("content", [None, b"services: 5"])
def test_a_file_that_cannot_be_used_offers_nothing(stage, tmp_path, content):
    file = tmp_path / "services.yaml"
    if content is not None:
        file.write_bytes(content)

    (heard,) = stage(file).record("hearer")

    assert heard.offered.services == ()
