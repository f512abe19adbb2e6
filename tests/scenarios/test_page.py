"""The web page of a site, used as people use it, in a headless Chromium."""

import json
import subprocess

import pytest

from tests.support.chromium import Chromium, needed
from tests.support.running_site import COMMAND, PATIENCE_S, ROOT, reap_session, wait_for

SITE = """
active_modules:
  evse_1:
    module: EvseManager
    mapping: {module: {evse: 1}}
    config_module: {connector_id: 1, evse_id: DE*PNX*E00001*1, charge_mode: AC, connector_type: cType2}
    connections:
      bsp: [{module_id: board_1, implementation_id: board_support}]
      powermeter_grid_side: [{module_id: board_1, implementation_id: powermeter}]
  board_1: {module: SimulatedBoard, mapping: {module: {evse: 1}}, config_module: {connector_id: 1}}
  car_1:
    module: SimulatedCar
    mapping: {module: {evse: 1}}
    config_module: {connector_id: 1, auto_enable: true}
    connections:
      ev_board_support: [{module_id: board_1, implementation_id: ev_board_support}]
  reader: {module: DummyTokenProviderManual}
  validator:
    module: DummyTokenValidator
    config_implementation: {main: {validation_result: Accepted, sleep: 0}}
  auth:
    module: Auth
    config_module: {connection_timeout: 60, selection_algorithm: PlugEvents}
    connections:
      token_provider: [{module_id: reader, implementation_id: main}]
      token_validator: [{module_id: validator, implementation_id: main}]
      evse_manager: [{module_id: evse_1, implementation_id: evse}]
  gateway: {module: Gateway, config_module: {port: 0, token_file: TOKENS}}
"""
TOKEN = "page-test-token-4711-abcdefghijklmnop"
LONG = {
    "number": 1, "at": "2026-11-22T01:00:00Z", "source": "ocpp", "direction": "sent",
    "name": "TransactionEvent", "evse": 1, "kind": "request", "id": "1",
    "body": {"eventType": "Updated", "triggerReason": "MeterValuePeriodic", "seqNo": 3,
             "transactionInfo": {"chargingState": "Charging" * 9}},
}  # fmt: skip
"""A message that says more than a telephone has room for."""
BUTTONS = "[...document.querySelectorAll('.card button:not([hidden])')]"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Where the page of a running site is."""
    tmp_path = tmp_path_factory.mktemp("site")
    tokens, file, state = tmp_path / "tokens", tmp_path / "site.yaml", tmp_path / "state"
    tokens.touch(0o600)
    tokens.write_text(f"{TOKEN}\n")
    file.write_text(SITE.replace("TOKENS", str(tokens)))
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            [*COMMAND, "run", str(file), "--state", str(state), "--plain"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for((state / "gateway.json").exists, "the Gateway to say where it is")
        yield json.loads((state / "gateway.json").read_text())["url"]
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            if (state / "site.json").exists():
                reap_session(json.loads((state / "site.json").read_text())["session"])


def click(page, text):
    button = f"{BUTTONS}.find((one) => one.textContent === {text!r})"
    page.wait(f"Boolean({button})")
    page.run(f"{button}.click()")


def shows(page, text, where="body"):
    page.wait(f"document.querySelector({where!r})?.innerText.includes({text!r})")


@needed
@pytest.mark.timeout(180)
def test_a_charge_is_driven_and_watched_from_the_page(url, tmp_path):
    with Chromium(tmp_path) as page:
        # a stranger sees nothing of the site, and one wrong token is told so
        page.open(url)
        page.wait("document.querySelector('#token-dialog[open]') !== null")
        assert page.run("document.querySelectorAll('.card').length") == 0
        for token in ("no token of this site", TOKEN):
            page.run(f"document.querySelector('#token').value = {token!r}")
            page.run("document.querySelector('#token-dialog button').click()")
            if token != TOKEN:
                shows(page, "not a token", "#token-problem")
        # a car is plugged in, and charges once a card was presented
        shows(page, "Available", ".card")
        click(page, "Plug in")
        page.run("document.querySelector('#plug-dialog button.main').click()")
        shows(page, "Preparing", ".card")
        click(page, "Card")
        page.run("document.querySelector('#card-dialog button.main').click()")
        shows(page, "Charging", ".card")
        shows(page, "11.0 kW", ".card")
        done = "[...document.querySelectorAll('.steps .done .title')].map((one) => one.textContent)"
        page.wait(f"{done}.includes('EVSE authorized')")
        assert "Contract received, token built" not in page.run(done)
        # an actor dies by its button, and nobody but the tree notices
        row = "document.querySelector('.row[title^=\"site/evse_1/board_1\"]')"
        page.run(f"{row}.querySelector('.kill').click()")
        page.wait(f"{row}.querySelector('.restarts').textContent === '↻ 1'")
        shows(page, "Charging", ".card")
        # the car pauses, goes on, and leaves
        click(page, "Pause")
        shows(page, "paused by the car", ".card")
        click(page, "Resume")
        shows(page, "Charging", ".card")
        click(page, "Unplug")
        shows(page, "Available", ".card")
        shows(page, "Ended after", ".card")
        assert page.problems == []


@needed
@pytest.mark.timeout(180)
def test_the_page_serves_keyboards_and_small_screens(url, tmp_path):
    with Chromium(tmp_path, size=(360, 740), dark=True) as page:
        page.open(f"{url}/")
        page.wait("document.querySelector('#token-dialog[open]') !== null")
        page.run(f"document.querySelector('#token').value = {TOKEN!r}")
        page.run("document.querySelector('#token').focus()")
        page.press("Enter")
        shows(page, "Available", ".card")
        assert page.run("document.documentElement.scrollWidth") <= 360
        page.press("?")
        page.wait("document.querySelector('#keys-dialog[open]') !== null")
        page.press("Escape")
        page.wait("document.querySelector('#keys-dialog[open]') === null")
        page.press("/")
        assert page.run("document.activeElement.id") == "filter-text"
        page.run("document.activeElement.blur()")
        page.press("3")
        assert page.run("document.activeElement.id") == "actors"
        page.press("Tab")
        page.press("ArrowDown")
        assert page.run("document.activeElement.classList.contains('row')")
        # a message says what it is about in a few words, and makes the page no wider
        made = "import('/static/timeline.js').then((m) => new m.Timeline(document.querySelector('#timeline'))"
        page.run(f"{made}.reset([{json.dumps(LONG)}]))")
        shows(page, "Updated MeterValuePeriodic Charging", "#timeline")
        assert page.run("document.documentElement.scrollWidth") <= 360
        assert page.problems == []
