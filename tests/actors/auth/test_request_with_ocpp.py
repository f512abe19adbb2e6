"""A token that a charge point dies with: the CSMS is asked by the successor, and the answer counts once."""

from __future__ import annotations

import pytest

from actors.auth.messages import Verdict, VerdictReply
from actors.engine.base import SiteActor, handles
from actors.engine.supervision import ChildSpec
from actors.engine.supervision_spec import Restart
from actors.ocpp.messages import CallReply, Outcome
from protocols import codec
from tests.support.auth_desk import token
from tests.support.ocpp_point import Root, Scene, config_of

HEARD: list[Verdict] = []


class MainActor(SiteActor):
    """Plays the main actor of authorization."""

    @handles(Verdict)
    def handle_verdict(self, verdict: Verdict) -> VerdictReply:
        """Note it."""
        HEARD.append(verdict)
        return VerdictReply(more=not verdict.last)


class RootWithRequest(Root):
    """A charge point that is asked about a token."""

    def branches(self):
        """The same, and who asks."""
        asks = {
            "main": "auth/main",
            "validators": ["ocpp/auth_validator"],
            "number": 1,
            "token": codec.to_plain(token()),
        }
        return [
            *super().branches(),
            ChildSpec(id="main", actor=f"{__name__}.MainActor", grants={"auth/main": ""}),
            ChildSpec(
                id="request",
                actor="actors.auth.token_request_actor.TokenRequestActor",
                config=asks,
                restart=Restart.TEMPORARY,
                stage=2,
            ),
        ]


@pytest.fixture
def scene(tmp_path):
    """The CSMS has accepted the station, and been asked about the token."""
    HEARD.clear()
    scene = Scene(config_of(tmp_path), RootWithRequest)
    scene.connect()
    scene.answer({"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300})
    assert scene.call().action == "Authorize"
    return scene


def questions(scene):
    return [call for call, _deferred in scene.actor("link").calls if call.action == "Authorize"]


def find_question(scene):
    """The CSMS is asked about the token once it has answered what the successor had to say before."""
    while scene.call().action != "Authorize":
        scene.answer({})


@pytest.mark.parametrize("blow", ["kill", "hang"])
@pytest.mark.parametrize("busy", [0, 2], ids=["the link is free", "the link waits for the first answer"])
def test_the_successor_of_a_charge_point_asks_the_csms_again(scene, blow, busy):
    first = scene.call()
    getattr(scene.site, blow)("site/point")
    scene.site.advance(3)
    find_question(scene)
    for _ in range(busy):
        scene.actor("link").calls[-1][1].answer(CallReply(outcome=Outcome.NOT_SENT))
        scene.site.advance(1)
        find_question(scene)

    scene.answer({"idTokenInfo": {"status": "Accepted"}})
    scene.site.advance(1)

    assert [(each.result.authorization_status, each.last) for each in HEARD] == [("Accepted", True)]
    assert [each.payload for each in questions(scene)] == [first.payload] * (2 + busy)
    assert "site/request" not in scene.site.actors()


def test_a_charge_point_that_dies_again_knows_nobody(scene):
    scene.site.kill("site/point")
    scene.site.advance(1)
    find_question(scene)

    scene.site.kill("site/point")
    scene.site.advance(1)

    assert [(each.result, each.last) for each in HEARD] == [(None, True)]
    assert len(questions(scene)) == 2
