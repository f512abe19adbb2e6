"""Kills writers of a store, and looks at what they leave behind.

    python -m tests.support.stores_killing random DIRECTORY SEED OPERATIONS
    python -m tests.support.stores_killing lines DIRECTORY

A process of its own, with one thread, so that it may fork as often as it likes. `random` lets children work
and kills each at a random instant; `lines` kills a child before every single line of certs/store/files.py,
but for those that read, that one command of each kind executes; where the files are what they were one line
before, both deaths leave the same, and it dies once. Prints what was done, as JSON; ends with an
AssertionError for the first fault.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs import keys, pem, pki
from certs.hashes import hash_data
from certs.pki.hierarchies import contents
from certs.profiles import Domain
from certs.store import OcspUpdate, Store, files
from certs.store.hash_types import to_message
from protocols.types import evse_security as types
from tests.support.stores import NOW, Ca, Leaf, opened, requested, signed, text, world

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from cryptography import x509

WATCHED: Final = files.__file__
_READING: Final = files.read.__name__
"""The one function whose lines are passed over: it changes nothing, and is called for every file."""
SUB: Final = world()["CPO_SUB_CA2"]
ROOT: Final = world()["V2G_ROOT_CA"]
_INSTALLED: Final = types.InstallCertificateResult.ACCEPTED
_DELETED: Final = types.DeleteCertificateResult.ACCEPTED
_MAX_LIFE_S: Final = 0.08
_MAX_LEAVES: Final = 10


def roots(count: int) -> list[x509.Certificate]:
    """Roots to install and delete."""
    usual = contents(world().rows["MO_ROOT_CA"], world().options, pki.Edition.ISO2)
    key = world()["MO_ROOT_CA"].key
    return [pki.issue(usual, key.public_key(), None, key, 50_000 + number) for number in range(count)]


ROOTS: Final = roots(30)


class Writer:
    """Carries out commands, each announced before and acknowledged after, on a descriptor."""

    def __init__(self, store: Store, report: Callable[[str, str], None]) -> None:
        self.store, self.report = store, report

    def install(self, number: int) -> None:
        """A root."""
        self.report("+?", f"root {number}")
        assert self.store.install_ca_certificate(text(ROOTS[number]), Ca.MO, now=NOW) is _INSTALLED
        self.report("+!", f"root {number}")

    def remove(self, number: int) -> None:
        """A root goes."""
        self.report("-?", f"root {number}")
        self.store.delete_certificate(to_message(hash_data(ROOTS[number], ROOTS[number])))
        self.report("-!", f"root {number}")

    def update(self) -> str:
        """A new leaf; its PEM."""
        chain = signed(requested(self.store))
        leaf = pem.load_certificates(chain)[0]
        self.report("+?", f"leaf {leaf.serial_number}")
        assert self.store.update_leaf_certificate(chain, Leaf.V2G, now=NOW) is _INSTALLED
        self.report("+!", f"leaf {leaf.serial_number}")
        return text(leaf)

    def answer(self, leaf: str) -> None:
        """A responder's answer about it."""
        certificate = pem.load_certificate(leaf)
        der = pki.ocsp_response(certificate, SUB, period=pki.Period.around(NOW))
        data = to_message(hash_data(certificate, SUB.certificate))
        given = base64.b64encode(der).decode()
        assert self.store.update_ocsp_cache(data, given, now=NOW) is OcspUpdate.STORED

    def delete(self, leaf: str) -> None:
        """The leaf goes."""
        certificate = pem.load_certificate(leaf)
        self.report("-?", f"leaf {certificate.serial_number}")
        data = to_message(hash_data(certificate, SUB.certificate))
        assert self.store.delete_certificate(data) is _DELETED
        self.report("-!", f"leaf {certificate.serial_number}")


def work(root: Path, seed: int, channel: int) -> None:
    """Command after command, until somebody kills us."""
    source = random.Random(seed)
    world().mint.serials = iter(lambda: source.getrandbits(63) + 1, 0)
    store = opened(root)

    def report(mark: str, what: str) -> None:
        os.write(channel, f"{mark} {what}\n".encode())

    writer = Writer(store, report)
    leaves = [text(leaf.certificate) for leaf in store._vault.index.leaves[Domain.V2G]]
    os.write(channel, b"!\n")
    while True:
        if len(leaves) > _MAX_LEAVES:
            writer.delete(leaves.pop(0))
        match source.randrange(6):
            case 0:
                writer.install(source.randrange(len(ROOTS)))
            case 1:
                writer.remove(source.randrange(len(ROOTS)))
            case 2 if leaves:
                writer.answer(source.choice(leaves))
            case 3 if leaves:
                writer.delete(leaves.pop(source.randrange(len(leaves))))
            case _:
                leaves.append(writer.update())


def inspect_raw(root: Path) -> None:
    """Before anybody recovers: whole files under every final name, and no key that others may read."""
    for path in root.rglob("*"):
        if not path.is_file() or path.parent.name == ".evsite":
            continue
        data = path.read_bytes()
        if b"PRIVATE KEY" in data:
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
        if path.name.startswith(files.TEMPORARY):
            continue
        if path.suffix == ".key":
            keys.load_key(data)
        elif path.suffix == ".pem" and data:
            pem.load_certificates(data)


def inspect_recovered(root: Path) -> tuple[Store, set[str]]:
    """After the store was opened: nothing half done; what it holds."""
    store = opened(root)
    assert not list(root.rglob(f"{files.TEMPORARY}*"))
    assert not (root / ".evsite" / files.JOURNAL).exists()
    assert store.troubles() == (), store.troubles()
    index = store._vault.index
    held = {f"root {ROOTS.index(one)}" for one in index.certificates(Domain.MO)}
    for leaf in index.leaves[Domain.V2G]:
        assert leaf.key is not None
        assert len(leaf.singles) == len(leaf.chains) == 1, leaf.files
        assert leaf.path[-1] == ROOT.certificate
        held.add(f"leaf {leaf.certificate.serial_number}")
    folder = root / "client/cso/ocsp"
    answers = sorted(path.name for path in folder.glob("*")) if folder.exists() else []
    assert {Path(name).stem for name in answers if name.endswith(".hash")} == {
        Path(name).stem for name in answers if name.endswith(".der")
    }
    return store, held


def account(expected: set[str], log: str) -> tuple[set[str], set[str], int]:
    """What must be there after these reports, what may be there or not, and how much was acknowledged."""
    present, unsure, done = set(expected), set(), 0
    for line in log.splitlines():
        mark, _, what = line.partition(" ")
        if mark.endswith("?"):
            unsure.add(what)
            continue
        done += 1
        unsure.discard(what)
        (present.add if mark == "+!" else present.discard)(what)
    return present - unsure, unsure, done


def kill_at_random(root: Path, seed: int, operations: int) -> dict[str, int]:
    """Children work and die until so many commands are acknowledged."""
    source = random.Random(seed)
    prepare(root)
    expected: set[str] = set()
    kills = done = undecided = 0
    while done < operations:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            work(root, source.getrandbits(32) + kills, writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as reports:
            assert reports.readline() == b"!\n"
            time.sleep(source.uniform(0, _MAX_LIFE_S))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            log = reports.read().decode()
        must, may, acknowledged = account(expected, log)
        inspect_raw(root)
        _, held = inspect_recovered(root)
        assert must <= held, must - held
        assert held <= must | may, held - must - may
        expected, kills, done, undecided = held, kills + 1, done + acknowledged, undecided + len(may)
        _thin_out(root)
    return {"kills": kills, "acknowledged": done, "in flight": undecided}


def _thin_out(root: Path) -> None:
    """Keys of requests that died with their child, which would only pile up."""
    opened(root).collect_garbage(now=NOW.replace(year=NOW.year + 1))


def prepare(root: Path) -> None:
    """An open store with a V2G root."""
    assert opened(root).install_ca_certificate(text(ROOT.certificate), Ca.V2G, now=NOW) is _INSTALLED


class Trap:
    """Calls for every line of the watched file, with its number, before it is executed."""

    def __init__(self, before: Callable[[int], None]) -> None:
        self.before, self.lines = before, 0

    def __call__(self, frame: FrameType, event: str, _: object) -> Trap | None:
        if frame.f_code.co_filename != WATCHED or frame.f_code.co_name == _READING:
            return None
        if event == "line":
            self.lines += 1
            self.before(self.lines)
        return self


def kill_at_lines(root: Path) -> dict[str, dict[str, int]]:
    """Every command, killed before every line: how many lines it has, and how many of them change a file."""
    template = root / "template"
    prepare(template)
    writer = Writer(opened(template), lambda *_: None)
    writer.install(0)
    leaf = writer.update()
    writer.answer(leaf)
    certificate = pem.load_certificate(leaf)
    before = {"root 0", f"leaf {certificate.serial_number}"}
    found = {}
    for name, command, after in (
        ("install", lambda one: one.install(1), before | {"root 1"}),
        ("delete root", lambda one: one.remove(0), before - {"root 0"}),
        ("update", lambda one: one.update(), None),
        ("answer again", lambda one: one.answer(leaf), before),
        ("delete leaf", lambda one: one.delete(leaf), {"root 0"}),
    ):
        lines, worth = survey(root / "survey", template, command)
        for line in [*worth, lines + 1]:
            place = root / "place"
            died = carry_out(place, template, command, lambda number, line=line: number == line and die())
            assert died == (line <= lines), line
            _judge(place, before, after, finished=not died)
        found[name] = {"lines": lines, "changes": len(worth) - 1}
    return found


def die() -> None:
    """At once."""
    os.kill(os.getpid(), signal.SIGKILL)


def survey(place: Path, template: Path, command: Callable[[Writer], object]) -> tuple[int, list[int]]:
    """How many lines a command executes, and before which of them files are not what they were one before."""
    reading, writing = os.pipe()
    looks: list[object] = [None]

    def look(number: int) -> None:
        looks.append(
            {path: (path.lstat().st_mode, path.is_file() and path.read_bytes()) for path in place.rglob("*")}
        )
        os.write(writing, f"{number} {looks[-1] != looks[-2]:d}\n".encode())

    assert not carry_out(place, template, command, look)
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = [line.split() for line in told]
    return len(lines), [int(number) for number, new in lines if new == "1"]


def carry_out(
    place: Path, template: Path, command: Callable[[Writer], object], before: Callable[[int], object]
) -> bool:
    """A command by a child at a copy of a store; whether the child was killed."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place)
    child = os.fork()
    if child == 0:
        writer = Writer(opened(place), lambda *_: None)
        sys.settrace(Trap(before))
        command(writer)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _judge(place: Path, before: set[str], after: set[str] | None, *, finished: bool) -> None:
    inspect_raw(place)
    _, held = inspect_recovered(place)
    new = after if after is not None else held if len(held) == len(before) + 1 else before
    assert held in (before, new), held
    if finished:
        assert held == new


def main(arguments: list[str]) -> None:
    """See above."""
    root = Path(arguments[1])
    if arguments[0] == "random":
        found = kill_at_random(root, int(arguments[2]), int(arguments[3]))
    else:
        found = kill_at_lines(root)
    print(json.dumps(found))  # noqa: T201  # its output is its result


if __name__ == "__main__":
    main(sys.argv[1:])
