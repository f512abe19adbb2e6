"""The story behind tests/scenarios/test_certificate_schedules.py: a site in three lives, its clock turned.

`play` lets it happen: a boot that is accepted at the third attempt, looks at a leaf, one passed over without
Plug & Charge, rounds of OCSP responses, and two restarts. `Told` is what is known of it afterwards.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.support.charging_site import Car
from tests.support.running_site import wait_for
from tests.support.short_leaves import short_secc_leaf
from tests.support.station_clock import Shown, StationClock, moment_of
from tests.support.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.story import Csms, Said

HALF_DAY: Final = timedelta(hours=12)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
MINUTE: Final = timedelta(seconds=60)
LINK: Final = "v2g_1/charger"
LOOK: Final = "evse_security.get_leaf_expiry_days_count"
NOT_YET: Final = [
    {"action": "BootNotification", "times": 1, "merge": {"status": status, "interval": 600}}
    for status in ("Pending", "Rejected")
]
PNC: Final = {"component": {"name": "ISO15118Ctrlr"}, "variable": {"name": "PnCEnabled"}}


@dataclass(kw_only=True)
class Told:
    """What has happened."""

    story: Story
    clock: StationClock
    """Of the first life."""
    shown: dict[str, Shown] = field(default_factory=dict)
    """To cars: `before` any OCSP response was there, with one (`refreshed`), with a `renewed` leaf."""
    counts: dict[str, int] = field(default_factory=dict)
    """Of looks at the leaf, at moments of interest."""
    kept: dict[str, bytes] = field(default_factory=dict)
    """OCSP responses in the store after the first round, by file."""

    def looks(self) -> list[Said]:
        """At how long a leaf is still good."""
        return [
            each
            for each in self.story.trace(tag=LOOK, kind="command")
            if each.sender.endswith("charge_point")
        ]

    def looked_at(self) -> list[datetime]:
        """On the station's clock, in its first life."""
        return [self.clock.shown(moment_of(each.time)) for each in self.looks()]

    def rounds(self) -> list[datetime]:
        """When OCSP rounds began, as the machine's clock has it."""
        asked = self.story.trace(tag="evse_security.get_v2g_ocsp_request_data", kind="command")
        return [moment_of(each.time) for each in asked if each.sender.endswith("charge_point")]

    def accepted_at(self) -> list[datetime]:
        """When boots were accepted, as the machine's clock has it."""
        return [
            moment_of(each["at"])
            for each in self.story.csms.entries()
            if each.get("action") == "BootNotification"
            and each["direction"] == "out"
            and each["frame"][2]["status"] == "Accepted"
        ]

    def lives(self) -> list[int]:
        """Where in the record each life of the site begins."""
        return [
            number
            for number, each in enumerate(self.story.csms.entries())
            if each.get("action") == "BootNotification"
            and each["direction"] == "in"
            and each["frame"][3]["reason"] != "Triggered"
        ]


def connections(story: Story) -> int:
    """How many there have been."""
    return sum(each["kind"] == "connected" for each in story.csms.entries())


def reconnect(told: Told) -> None:
    """Another connection, at which the charge point looks at its clock."""
    before = connections(told.story)
    told.clock.reconnect()
    wait_for(lambda: connections(told.story) > before, "the station to connect again")


def settle(story: Story) -> None:
    """Let the charge point do all that is due now: it takes one input after the other."""
    for _ in range(2):
        answer = story.csms.call("GetVariables", {"getVariableData": [PNC]})
        assert answer["getVariableResult"][0]["attributeStatus"] == "Accepted"


def put_variable(csms: Csms, component: str, variable: str, value: str) -> None:
    """Have the back-end set a variable of the station. Raises AssertionError when it is not accepted."""
    named = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
    answer = csms.call("SetVariables", {"setVariableData": [named]})
    assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted", answer


def refreshed(story: Story) -> int:
    """How many rounds of OCSP responses there have been."""
    return len(story.logged("ocsp_refreshed"))


def awaited(story: Story, count: Callable[[Story], int], what: str) -> Callable[[], None]:
    """Begins now; to be called when it must have happened once more."""
    before = count(story)

    def wait() -> None:
        wait_for(lambda: count(story) > before, what)

    return wait


def sign_anew(story: Story) -> None:
    """The back-end has the station ask for another leaf, which has OCSP responses fetched."""
    done = awaited(story, refreshed, "OCSP responses for a new leaf")
    trigger(story, "SignV2GCertificate")
    done()


def restart(told: Told) -> None:
    """By the back-end, in place."""
    before = len(told.lives())
    assert told.story.csms.call("Reset", {"type": "Immediate"})["status"] == "Accepted"
    wait_for(lambda: len(told.lives()) > before, "the station to boot again")
    wait_for(lambda: len(told.accepted_at()) > before, "its boot to be accepted")


def trigger(story: Story, message: str) -> None:
    """Have the back-end ask the station for a message."""
    assert story.csms.call("TriggerMessage", {"requestedMessage": message})["status"] == "Accepted"


def boot(told: Told) -> None:
    """Pending for two minutes, rejected for two minutes, then accepted."""
    story, clock = told.story, told.clock
    told.shown["before"] = look(told)
    clock.jump(120.0)
    reconnect(told)
    settle(story)
    told.counts["pending"] = len(told.looks())
    trigger(story, "BootNotification")
    wait_for(lambda: len(story.logged("registration")) > 1, "the boot to be rejected")
    clock.jump(120.0)
    reconnect(told)
    done = awaited(story, refreshed, "the first OCSP responses")
    trigger(story, "BootNotification")
    done()
    folder = story.certs / "client/cso/ocsp"
    told.kept = {each.name: each.read_bytes() for each in folder.glob("*.der")}
    told.shown["refreshed"] = stapled(told)


def look(told: Told) -> Shown:
    """What a car sees."""
    return told.clock.look(LINK, told.story.state / "car/ca/v2g/V2G_ROOT_CA.pem")


def stapled(told: Told) -> Shown:
    """The same, once the link has an OCSP response to show."""

    def seen() -> Shown | None:
        return found if (found := look(told)).staple is not None else None

    found: Shown = wait_for(seen, "an OCSP response in the handshake")
    return found


def first_look(told: Told) -> None:
    """A minute after that: the leaf is renewed."""
    done = awaited(told.story, refreshed, "OCSP responses for the renewed leaf")
    told.clock.jump_to(told.clock.shown(told.accepted_at()[0]) + MINUTE)
    reconnect(told)
    done()
    told.shown["renewed"] = stapled(told)


def next_look(told: Told) -> None:
    """Twelve hours after the last one."""
    done = awaited(told.story, lambda _story: len(told.looks()), "the next look at the leaf")
    told.clock.jump_to(told.looked_at()[-1] + HALF_DAY)
    reconnect(told)
    done()
    settle(told.story)


def without_contracts(told: Told) -> None:
    """No leaf, and no Plug & Charge for one round of looks; then with it again."""
    story, clock = told.story, told.clock
    for path in (story.certs / "client/cso").glob("*.*"):
        path.unlink()
    put_variable(story.csms, "ISO15118Ctrlr", "PnCEnabled", "false")
    last = told.looked_at()[-1]
    told.counts["asked"] = len(story.csms.said("SignCertificate"))
    clock.jump_to(last + HALF_DAY + MINUTE)
    reconnect(told)
    settle(story)
    told.counts["without"] = len(told.looks())
    told.counts["asked without"] = len(story.csms.said("SignCertificate"))
    put_variable(story.csms, "ISO15118Ctrlr", "PnCEnabled", "true")
    settle(story)
    told.counts["with"] = len(told.looks())
    done = awaited(story, refreshed, "OCSP responses for the leaf in place of none")
    clock.jump_to(last + HALF_DAY + HALF_DAY + MINUTE)
    reconnect(told)
    done()


def next_week(told: Told) -> None:
    """Seven days after the last round of OCSP responses."""
    done = awaited(told.story, refreshed, "the next round of OCSP responses")
    told.clock.jump_to(told.clock.shown(told.rounds()[-1]) + WEEK)
    reconnect(told)
    done()


def other_lives(told: Told) -> None:
    """The last round was a day before the second life, and eight days before the third one."""
    story = told.story
    told.clock.jump_to(datetime.now(UTC) - DAY)
    sign_anew(story)
    restart(told)
    settle(story)
    with StationClock(story.state) as clock:
        clock.jump_to(datetime.now(UTC) - 8 * DAY)
    sign_anew(story)
    done = awaited(story, refreshed, "the round of the third life")
    restart(told)
    done()


def play(directory: Path) -> Told:
    """Let it happen, with all files in this directory."""

    def change(modules: dict[str, Any]) -> None:
        modules["certificates"]["config_module"] = {"store_watch_s": 0.2}

    with (
        Story(
            directory,
            {1: Car(speaks=True)},
            change=change,
            prepare=short_secc_leaf,
            script={"answers": NOT_YET},
            options=("--faults",),
        ) as story,
        StationClock(story.state) as clock,
    ):
        told = Told(story=story, clock=clock)
        for chapter in (boot, first_look, next_look, without_contracts, next_week, other_lives):
            chapter(told)
        story.site.stop(signal.SIGTERM)
    return told
