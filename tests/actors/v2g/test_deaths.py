"""A charge goes the same way wherever its sessions die: relay, session and core in memory, in every mode.

With processes, and with a car's time: tests/scenarios/test_kill_matrix.py.
"""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc.exchange import Note, Publish
from actors.v2g.secc.settings import Settings
from tests.support.certificates import world
from tests.support.ev_cars import wallet
from tests.support.examples import few
from tests.support.kill_matrix import MODES, yaml_of
from tests.support.mortal import Mortal
from tests.support.pairing import Evse
from tests.support.provisioning_service import ProvisioningService

SETTINGS = Settings(scheduled_mode=True)
PATIENT = "patience: 40, time_lapse: 600"
LONG = (
    "\nsteps: [plug, charge: {energy_wh: 300}, pause: {seconds: 5}, resume, charge: {energy_wh: 300},"
    " renegotiate: {max_power_w: 5000}, charge: {energy_wh: 300}, unplug]"
)
SHORT = "\nsteps: [plug, charge: {energy_wh: 300}, unplug]"


def receipt():
    return Evse(receipt=True)


def provisioning():
    sender, contract = ((world()[name].chain, world()[name].key) for name in ("CPS_LEAF", "MO_LEAF"))
    return Evse(install=ProvisioningService(sender, contract))


CHARGES = {mode.name: (yaml_of(mode, patience=40), Evse) for mode in MODES} | {
    "-2 AC, paused and renegotiated": (f"car: {{mode: ac, pay: eim, {PATIENT}}}{LONG}", Evse),
    "-2 DC, paused and renegotiated": (f"car: {{mode: dc, pay: contract, {PATIENT}}}{LONG}", Evse),
    "-2 AC with receipts": (f"car: {{mode: ac, pay: contract, {PATIENT}}}{SHORT}", receipt),
    "-2 AC with a contract to install": (
        f"car: {{mode: ac, pay: contract, install: always, {PATIENT}}}{SHORT}",
        provisioning,
    ),
    "-20 DC, paused and renegotiated": (
        f"car: {{protocols: [iso20], mode: dc, control: scheduled, {PATIENT}}}{LONG}",
        Evse,
    ),
    "-20 AC with receipts": (f"car: {{protocols: [iso20], mode: ac, {PATIENT}}}{SHORT}", receipt),
}
ONCE = {mode.name: mode.once for mode in MODES}
"""What the EVSE must be told once, where a charge is a simple one."""


def charge(name, seed, percent):
    text, evse = CHARGES[name]
    tls = "TLSv1.3" if "iso20" in text else "TLSv1.2" if "contract" in text else None
    how = {"settings": SETTINGS, "tls": tls, "wallet": wallet(), "evse": evse()}
    return Mortal(text, seed=seed, percent=percent, **how)


def course(charge):
    """The variables published, each where it comes first, what was noted, and how the car went on."""
    effects = charge.bench.history
    said = dict.fromkeys(type(each.variable).__name__ for each in effects if isinstance(each, Publish))
    return [*said], [each.event for each in effects if isinstance(each, Note)], charge.phases


def counts(charge, names):
    said = [
        type(each.variable).__name__.lower() for each in charge.bench.history if isinstance(each, Publish)
    ]
    return {name: said.count(name.replace("_", "")) for name in names}


@functools.cache
def undisturbed(name):
    return course(charge(name, 0, 0))


@pytest.mark.untraced
@pytest.mark.parametrize("name", CHARGES)
@few(3)
@given(seed=st.integers(0, 2**32), percent=st.integers(1, 100))
def test_a_charge_takes_its_course_wherever_sessions_die(name, seed, percent):
    disturbed = charge(name, seed, percent)

    assert str(disturbed.outcome) == "completed"
    assert disturbed.state.talk is None
    assert course(disturbed) == undisturbed(name)
    names = ONCE.get(name, ())
    assert counts(disturbed, names) == dict.fromkeys(names, 1)


def test_sessions_do_die_of_two_thirds_of_all_steps():
    assert charge("DIN DC", 1, 100).deaths > 40
