"""A site started by the command line, for tests that look at it from outside."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actors.engine.processes import reap_session

ROOT = Path(__file__).parents[2]
SITE = ROOT / "deploy" / "sil-2evse.yaml"
PATIENCE_S = 60.0
COMMAND = (sys.executable, "-m", "actors.cli")


def evsite(*arguments, timeout=PATIENCE_S):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def wait_for(condition, what):
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {PATIENCE_S:g} s for {what}")


class Site:
    """A running `evsite run`, its output in files, its log as well unless it is to go elsewhere."""

    def __init__(self, directory: Path, *arguments: str, log: Path | None = None, file: Path = SITE) -> None:
        self.state = directory / "state"
        self.out, self.err = directory / "out", log or directory / "err"
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [*COMMAND, "run", str(file), "--state", str(self.state), *arguments],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
        self.session = 0
        try:
            wait_for(lambda: "Running" in self.out.read_text(), "the site to start and print its tree")
            self.session = json.loads((self.state / "site.json").read_text())["session"]
        except BaseException:  # nobody has it yet who could close it
            self.close()
            raise

    def tree(self):
        done = evsite("tree", "--json", "--state", self.state)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        if self.session:
            reap_session(self.session)


def find(node, name):
    """The first actor of that name in a tree printed as JSON."""
    if node["name"] == name:
        return node
    return next((found for child in node["children"] if (found := find(child, name))), None)
