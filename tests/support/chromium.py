"""A headless Chromium that a test looks at pages with, by the DevTools protocol, where one is installed."""

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
PATIENCE_S = 20.0
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-dev-shm-usage", "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip

needed = pytest.mark.skipif(PROGRAM is None, reason=f"none of {', '.join(PROGRAMS)} is installed")


class Chromium:
    """A browser with one page; use it as a context manager."""

    def __init__(self, directory: Path, size=(1280, 900), *, dark=False) -> None:
        profile = directory / "profile"
        self._process = subprocess.Popen(
            [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self._numbers = itertools.count(1)
        self._open = contextlib.ExitStack()
        self.problems = []
        """What the page has logged as an error, and what was thrown and not caught."""
        try:
            port, path = self._address(profile / "DevToolsActivePort")
            self._socket = self._open.enter_context(connect(f"ws://127.0.0.1:{port}{path}", max_size=None))
            self._session = None
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                self._call(f"{domain}.enable")
            self.resize(*size)
            scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
            self._call("Emulation.setEmulatedMedia", features=scheme)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        self._open.close()
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def _address(self, file):
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            if file.exists() and len(lines := file.read_text().split()) == 2:
                return lines
            time.sleep(0.02)
        pytest.fail("Chromium did not start")

    def _call(self, method, **params):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE_S))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            match answer.get("method"):
                case "Runtime.exceptionThrown":
                    self.problems.append(answer["params"]["exceptionDetails"])
                case "Log.entryAdded" if answer["params"]["entry"]["level"] == "error":
                    self.problems.append(answer["params"]["entry"])

    def resize(self, width, height):
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, url):
        self._call("Page.navigate", url=url)

    def run(self, script):
        """The value of an expression in the page."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, condition, within_s=PATIENCE_S):
        """Until an expression is true; its value."""
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            if found := self.run(condition):
                return found
            time.sleep(0.05)
        pytest.fail(
            f"waited {within_s:g} s for {condition}; the page says: {self.run('document.body.innerText')}"
        )

    def press(self, key):
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        number = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40}.get(key, ord(key[0]))
        for kind in ("keyDown", "keyUp"):
            written = text if kind == "keyDown" else ""
            named = {"key": key, "code": key, "windowsVirtualKeyCode": number}
            self._call("Input.dispatchKeyEvent", type=kind, text=written, **named)

    def picture(self, path: Path, *, whole=False):
        """A screenshot as PNG."""
        size = {}
        if whole:
            box = self._call("Page.getLayoutMetrics")["cssContentSize"]
            size = {"clip": {"x": 0, "y": 0, "width": box["width"], "height": box["height"], "scale": 1}}
        answer = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **size)
        path.write_bytes(base64.b64decode(answer["data"]))
