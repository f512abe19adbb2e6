"""Differential run against the Java EXI processor inside the PyPI package `iso15118`.

    python -m tests.interop.exi_java [--count 20000] [--seed 1] [--venv .venv-interop]

Random messages of every type of every schema, documents and fragments. For each one: our bytes are Java's
bytes for the same XML, Java reads our bytes as that XML, and we read Java's bytes as that message. One
message in ten may have empty values, which Java writes in the second of two legal forms: there only the
reading is compared.
The package lives in an environment of its own, which is made if it is missing (pip needs its index then);
where no Java runtime is found the run says so and is skipped with exit code 0. Differences: exit code 1.
"""

from __future__ import annotations

import argparse
import collections
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

from protocols.iso15118 import exi
from protocols.iso15118.exi.declaration import declaration_of
from protocols.iso15118.exi.schema import Schema
from tests.support.exi_strategies import Maker, document_kinds, fragment_names
from tests.support.exi_xml import element_of, same

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGES = ("iso15118==0.31.2", "aiofile")
FRAGMENT_SHARE = 0.2


def say(text: str) -> None:
    """One line for whoever runs this."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class SkippedError(Exception):
    """The peer cannot run here."""


def environment(folder: pathlib.Path) -> pathlib.Path:
    """The Python of the peer's environment, made if it is missing."""
    if shutil.which("java") is None:
        raise SkippedError("no Java runtime (java) on the path; install a JRE of version 11 or newer")
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    have = subprocess.run([python, "-c", "import iso15118, py4j, aiofile"], capture_output=True, check=False)
    if have.returncode:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        if subprocess.run(pip, check=False).returncode:
            raise SkippedError(f"pip could not install {', '.join(PACKAGES)}")
    return python


class Java:
    """The worker process and its pipe."""

    def __init__(self, folder: pathlib.Path) -> None:
        python = environment(folder)
        self.process = subprocess.Popen(
            [str(python), str(HERE / "exi_java_worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._receive()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            if line.startswith("{"):
                reply: dict[str, Any] = json.loads(line)
                return reply
        raise SkippedError("the worker died; see its message above")

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request; the reply has "error" if Java refused."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._receive()

    def close(self) -> None:
        """End the worker and with it the JVM."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


class Sample(NamedTuple):
    """A message to compare."""

    schema: Schema
    fragment: bool
    name: str
    uri: str
    message: Any
    exact: bool
    """The bytes must be equal; otherwise it may have empty values."""


def samples(count: int, seed: int) -> Iterator[Sample]:
    """First every type once, then at random."""
    rng = random.Random(seed)
    kinds = {schema: document_kinds(schema) for schema in Schema}
    parts = {schema: fragment_names(schema) for schema in Schema}
    every = [(schema, False, kind) for schema in Schema for kind in kinds[schema]]
    every += [(schema, True, part) for schema in Schema for part in parts[schema]]
    for number in range(count):
        if number < len(every):
            schema, fragment, chosen = every[number]
        else:
            schema = rng.choice(list(Schema))
            fragment = rng.random() < FRAGMENT_SHARE
            chosen = rng.choice(parts[schema] if fragment else kinds[schema])
        maker = Maker(schema, rng, xml_safe=True, empty_values=number % 10 == 0)
        if fragment:
            name, uri, kind = chosen
        else:
            kind = chosen
            made = declaration_of(kind)
            name, uri = made.element, made.namespace.uri
        yield Sample(schema, fragment, name, uri, maker.message(kind), exact=number % 10 != 0)


def differences(java: Java, sample: Sample) -> list[str]:
    """What the two sides do not agree about; empty if they do."""
    schema, fragment, name, uri, message = sample[:5]
    tree = element_of(message, name, uri)
    whole = exi.Fragment(name=name, element=message, namespace=uri) if fragment else message
    ours = exi.encode_fragment(whole, schema) if fragment else exi.encode(message, schema)
    text = ET.tostring(tree, encoding="unicode")
    theirs = java.ask(op="encode", schema=schema.value, fragment=fragment, xml=text)
    read = java.ask(op="decode", schema=schema.value, fragment=fragment, hex=ours.hex())
    found = []
    if theirs.get("hex") != ours.hex() and (sample.exact or "hex" not in theirs):
        found.append(f"encode: ours {ours.hex()} theirs {theirs.get('hex') or theirs.get('error')}")
    if "xml" not in read:
        found.append(f"Java does not read ours: {read.get('error')}")
    elif not same(ET.fromstring(read["xml"]), tree):
        found.append(f"Java reads ours as {read['xml']}")
    if "hex" in theirs:
        try:
            data = bytes.fromhex(theirs["hex"])
            back = exi.decode_fragment(data, schema).element if fragment else exi.decode(data, schema)
            if back != message:
                found.append(f"we read theirs as {back}")
        except exi.ExiError as error:
            found.append(f"we do not read theirs: {error}")
    return found


def run(count: int, seed: int, folder: pathlib.Path) -> int:
    """Compare `count` messages; the number of those with differences."""
    java = Java(folder)
    tally: collections.Counter[str] = collections.Counter()
    kinds: set[tuple[Schema, bool, str]] = set()
    bad = 0
    start = time.monotonic()
    for sample in samples(count, seed):
        schema, fragment, name = sample[:3]
        found = differences(java, sample)
        tally[schema.value + ("/fragment" if fragment else "")] += 1
        kinds.add((schema, fragment, name))
        if found:
            bad += 1
            if bad <= 20:
                say(f"{schema} {name}: " + "; ".join(found)[:2000])
    java.close()
    for key, number in sorted(tally.items()):
        say(f"{key:24s} {number:6d}")
    say(
        f"{sum(tally.values())} messages of {len(kinds)} types, both directions, "
        f"{bad} with differences, {time.monotonic() - start:.0f} s"
    )
    return bad


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / ".venv-interop")
    chosen = parser.parse_args()
    try:
        return 1 if run(chosen.count, chosen.seed, chosen.venv) else 0
    except SkippedError as reason:
        say(f"skipped: {reason}")
        return 0


if __name__ == "__main__":
    sys.exit(main())
