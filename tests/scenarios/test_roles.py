"""Programs are the meter and the judge of a site: one dies during a charge, one is in JavaScript."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import Phase, given, settings

from actors.catalog import external
from actors.gateway.client import GatewayClient, url_of
from protocols import codec, interfaces
from tests.support import role_site, strategies
from tests.support.running_site import ROOT, Site, wait_for

pytestmark = pytest.mark.timeout(180)

DEPLOY = ROOT / "deploy" / "gateway"
POWER_W = 4321.0
"""What the program shows as power; the simulated board would show 11040 W, or nothing."""
NODE = shutil.which("node")
JUDGE = (sys.executable, "-m", "tests.support.judge_main")


class Place:
    """The site, somebody who looks at it, and the programs."""

    def __init__(self, directory, client, url):
        self.directory, self.client, self.url = directory, client, url
        self.events = []
        self._stack = contextlib.ExitStack()
        self._news = client.subscribe(["variables"], names=["evse_1/evse"])
        next(self._news)

    def program(self, name, *command, **environment):
        """Start a program; its output is in a file of that name."""
        with (self.directory / name).open("w") as out:
            process = subprocess.Popen(
                [*map(str, command)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def said(self, name):
        return (self.directory / name).read_text()

    def judge(self, name, *cards):
        process = self.program(name, *JUDGE, self.url, "judge", *cards)
        wait_for(lambda: "filled" in self.said(name), "the judge to be there")
        return process

    def close(self):
        self._stack.close()

    @property
    def evse(self):
        return self.client.call("site.get")["evses"][0]

    def roles(self):
        return {each["role"]: each["ready"] for each in self.client.call("role.list")}

    def until(self, event):
        """The value of the next such session event."""

        def heard():
            for news in self.client.news(within_s=0.1):
                if news.data["tag"] == "evse_manager.session_event":
                    self.events.append(news.data["value"]["event"])
                    if self.events[-1]["event"] == event:
                        return self.events[-1]
            return None

        return wait_for(heard, event)

    def charge(self, card):
        self.client.call("ev.plug_in", evse=1)
        self.until("AuthRequired")
        self.client.call("reader.present", token=card)


def available(place):
    return place.evse["state"] == "Available" and place.evse["available"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("roles")
    file = directory / "site.yaml"
    text = (DEPLOY / "site.yaml").read_text()
    file.write_text(text.replace("{module: Gateway}", "{module: Gateway, config_module: {port: 0}}"))
    site = Site(directory, "--plain", file=file)
    try:
        url = url_of(site.state)
        with GatewayClient(url) as client, contextlib.closing(Place(directory, client, url)) as place:
            yield place
    finally:
        site.close()


def test_a_charge_outlives_its_judge_and_is_counted_by_a_program(place):
    # given: nobody is the meter yet, so the EVSE is out of order
    assert place.roles() == {"meter_1": False, "judge": False}
    wait_for(lambda: not place.evse["available"], "the EVSE to hear that it has no meter")
    place.program(
        "meter", sys.executable, DEPLOY / "powermeter.py", place.url, "--power", POWER_W, "--role", "meter_1"
    )
    judge = place.judge("first", "CARD1")
    wait_for(lambda: available(place), "the EVSE to be available")
    # when: a card is accepted, and the judge is killed during the charge
    place.charge("CARD1")
    begun = place.until("TransactionStarted")["transaction_started"]["meter_value"]
    place.until("ChargingStarted")
    judge.kill()
    place.client.call("actor.kill", path="site/evse_1/meter_1")
    wait_for(lambda: not place.roles()["judge"], "the site to know that the judge has gone")
    wait_for(lambda: place.roles()["meter_1"], "the meter to be back")
    wait_for(lambda: place.evse["energy_wh"] > 0, "energy")
    before = place.evse
    # then: the charge goes on, by the meter of the program
    wait_for(lambda: place.evse["energy_wh"] > before["energy_wh"], "more energy")
    after = place.evse
    assert (after["state"], after["session"]["session"]) == ("Charging", before["session"]["session"])
    assert (after["power_w"], begun["meter_id"]) == (POWER_W, "EXAMPLE-1")
    # and: the judge that comes back judges the next card
    place.judge("second", "CARD2")
    place.client.call("ev.plug_out", evse=1)
    ended = place.until("TransactionFinished")["transaction_finished"]["meter_value"]
    place.until("SessionFinished")
    assert "ChargingPausedEVSE" not in [each["event"] for each in place.events]
    counted_wh = ended["energy_Wh_import"]["total"] - begun["energy_Wh_import"]["total"]
    (session,) = place.client.call("sessions.list")["sessions"]
    assert begun["energy_Wh_import"]["total"] >= 1_000_000
    assert session["energy_wh"] == pytest.approx(counted_wh) != 0
    place.charge("CARD2")
    place.until("ChargingStarted")
    place.client.call("ev.plug_out", evse=1)
    place.until("SessionFinished")
    assert (place.said("first"), place.said("second")) == (
        "filled\nasked for CARD1\n",
        "filled\nasked for CARD2\n",
    )
    # and: a meter that does not come back is missed
    place.close()
    wait_for(lambda: not place.evse["available"], "the EVSE to be out of order")


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_a_program_in_javascript_judges_and_drives_the_car(place):
    place.program("meter", sys.executable, DEPLOY / "powermeter.py", place.url, "--power", POWER_W)
    wait_for(lambda: available(place) and not place.roles()["judge"], "the EVSE to be available")
    command = (
        NODE,
        "--experimental-websocket",
        DEPLOY / "validator.mjs",
        place.url,
        "judge",
        "CARD3",
        "CARD4",
    )
    place.program("node", *command, PLUG_IN="1")
    place.until("ChargingStarted")
    assert "CARD3 may charge" in place.said("node")
    # its role gets a new actor: it is told, and judges on
    place.client.call("ev.plug_out", evse=1)
    place.until("SessionFinished")
    place.client.call("actor.kill", path="site/judge")
    wait_for(lambda: place.said("node").count("filled judge") == 2 and place.roles()["judge"], "the role")
    place.charge("CARD4")
    place.until("ChargingStarted")
    assert "CARD4 may charge" in place.said("node")


def plainest(kind):
    """The simplest valid message of a class, as it goes over the wire."""
    found = []

    @settings(derandomize=True, max_examples=1, deadline=None, phases=[Phase.generate])
    @given(strategies.messages(kind))
    def take(item):
        found.append(codec.to_plain(item))

    take()
    return found[0]


def test_every_role_is_asked_every_command_of_its_interface(tmp_path):
    """One program fills them all; the site's own actors ask it things besides."""
    # given: what is said, made before there are threads, for Hypothesis wants to be alone
    offered = {each.interface for manifest in external.MANIFESTS for each in manifest.provides.values()}
    spoken = {
        interface: {
            command: (plainest(kind), plainest(kind.answer))
            for command, kind in interfaces.load_all()[interface].commands.items()
        }
        for interface in offered
    }
    file = tmp_path / "site.yaml"
    file.write_text(role_site.FILE)
    site, asked = Site(tmp_path, "--plain", file=file), []

    def handler(role, command, reply):
        return lambda **arguments: asked.append((role, command, arguments)) or reply

    try:
        url = url_of(site.state)
        with GatewayClient(url) as program, GatewayClient(url) as client:
            roles = [
                (role["role"], name, spoken[interface])
                for role in client.call("role.list")
                for name, interface in role["provides"].items()
            ]
            assert len(roles) == len(external.MANIFESTS)
            # when: a program fills them, and each is asked everything
            for role, _name, commands in roles:
                own = {command: handler(role, command, reply) for command, (_, reply) in commands.items()}
                program.serve(role, own)
            # then: it is asked just that, and its replies come back; nobody has died of it
            for role, name, commands in roles:
                for command, (arguments, reply) in commands.items():
                    assert client.ask(f"{role}/{name}", command, **arguments) == reply
                    assert (role, command, arguments) in asked
            assert all(each["ready"] for each in client.call("role.list"))
            assert [each for each in actors(client.call("tree.get")) if each["restarts"]] == []
    finally:
        site.close()


def actors(node):
    return [node, *(each for child in node["children"] for each in actors(child))]
