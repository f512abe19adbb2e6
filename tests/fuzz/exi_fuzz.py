"""Feeds the EXI decoders mutated vectors and watches that nothing but DecodeError comes out.

    python -m tests.fuzz.exi_fuzz [--count N | --seconds S] [--jobs J] [--seed K] [--found FILE]

An own mutator, guided by feedback: an input whose outcome is new (another schema, path or kind of problem, or
a message of a new size) joins the corpus and is mutated further. For every input that is accepted the
message must encode, decode to itself and survive the JSON form. One input may take at most `SLOW_S` of
processor time; every `MEASURED`th is decoded under tracemalloc and must stay below `MEMORY_FACTOR` bytes
for each byte of input.
Prints a summary; what breaks a rule goes to FILE in the form of tests/vectors/exi/found.jsonl, exit code 1.
"""

from __future__ import annotations

import argparse
import collections
import json
import multiprocessing
import pathlib
import random
import re
import sys
import time
import traceback
import tracemalloc
from dataclasses import dataclass, field
from typing import Any

from protocols.iso15118 import exi
from protocols.iso15118.exi.schema import Schema
from tests.support.exi_vectors import FILES, vectors

SLOW_S = 1.0
MEASURED = 2000
MEMORY_FACTOR = 64
MEMORY_BASE = 200_000
MAX_INPUT = 8000
MAX_CORPUS = 40_000
MAX_PROBLEMS = 20

Target = tuple[Schema, bool]


def say(text: str) -> None:
    """One line of the summary."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def seeds() -> dict[Target, list[bytes]]:
    """The inputs to start from: every vector, good or bad."""
    found: dict[Target, list[bytes]] = collections.defaultdict(list)
    for file in (*FILES, "negative.jsonl", "found.jsonl"):
        for one in vectors(file):
            if len(one.data) <= MAX_INPUT:
                found[Schema(one.schema), one.fragment].append(one.data)
    for schema in Schema:
        for fragment in (False, True):
            found[schema, fragment].append(b"\x80")
    return dict(found)


# -- mutations -------------------------------------------------------------------------------------------


def flip(data: bytearray, rng: random.Random, _: bytes) -> bytearray:
    for _number in range(rng.choice((1, 1, 1, 2, 4))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def overwrite(data: bytearray, rng: random.Random, _: bytes) -> bytearray:
    start = rng.randrange(len(data))
    size = rng.choice((1, 1, 2, 5))
    data[start : start + size] = bytes(
        rng.choice((0, 0x7F, 0x80, 0xFF, rng.randrange(256))) for _n in range(size)
    )
    return data


def cut(data: bytearray, rng: random.Random, _: bytes) -> bytearray:
    return data[: rng.randrange(1, len(data) + 1)]


def extend(data: bytearray, rng: random.Random, _: bytes) -> bytearray:
    return data + rng.randbytes(rng.choice((1, 3, 40)))


def splice(data: bytearray, rng: random.Random, other: bytes) -> bytearray:
    place = rng.randrange(len(data))
    return data[:place] + bytearray(other[rng.randrange(len(other)) :])


def shift(data: bytearray, rng: random.Random, _: bytes) -> bytearray:
    """Insert, delete or repeat a run of bits, so that everything behind it moves."""
    bits = format(int.from_bytes(b"\x01" + data, "big"), "b")[1:]
    start = rng.randrange(8, len(bits) + 1)
    size = rng.choice((1, 2, 3, 8, 9, 12, rng.randrange(1, 200)))
    how = rng.randrange(3)
    if how == 0:
        middle, behind = format(rng.getrandbits(size), f"0{size}b"), bits[start:]
    elif how == 1:
        middle, behind = "", bits[start + size :]
    else:
        middle, behind = bits[start : start + size] * rng.choice((2, 3, 20, 200)), bits[start + size :]
    bits = (bits[:start] + middle + behind)[: MAX_INPUT * 8]
    bits += "0" * (-len(bits) % 8)
    return bytearray(int("1" + bits, 2).to_bytes(len(bits) // 8 + 1, "big")[1:])


def scramble(data: bytearray, rng: random.Random, _: bytes) -> bytearray:
    keep = rng.randrange(1, len(data) + 1)
    return data[:keep] + rng.randbytes(rng.randrange(60))


MUTATIONS = (flip, flip, overwrite, cut, extend, splice, shift, shift, scramble)


def mutate(data: bytes, rng: random.Random, other: bytes) -> bytes:
    """One to four mutations in a row."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        if not made:
            made = bytearray(b"\x80")
        made = rng.choice(MUTATIONS)(made, rng, other)[:MAX_INPUT]
    if made and rng.random() < 0.97:
        made[0] = 0x80
    return bytes(made)


# -- rules -----------------------------------------------------------------------------------------------


def decode(target: Target, data: bytes) -> Any:
    """The message in the input."""
    schema, fragment = target
    return (exi.decode_fragment if fragment else exi.decode)(data, schema)


def check(target: Target, data: bytes) -> str:
    """Feed one input; a short name of the outcome. Raises AssertionError, or whatever must not come out."""
    schema, fragment = target
    try:
        message = decode(target, data)
    except exi.DecodeError as error:
        if not 0 <= error.bit_offset <= 8 * len(data):
            raise AssertionError(f"offset {error.bit_offset} outside the input") from error
        return re.sub(r"\d+", "#", f"{error.path}: {error.problem}")[:200]
    again = exi.encode_fragment(message, schema) if fragment else exi.encode(message, schema)
    if decode(target, again) != message:
        raise AssertionError("encoding and decoding changed the message")
    tree = exi.to_json(message)
    back = (exi.fragment_from_json if fragment else exi.from_json)(tree, schema)
    if exi.to_json(back) != tree:
        raise AssertionError("the JSON form changed the message")
    return f"accepted {next(iter(tree))} {len(again).bit_length()}"


def check_memory(target: Target, data: bytes) -> None:
    """Decode under tracemalloc."""
    tracemalloc.start()
    try:
        decode(target, data)
    except exi.DecodeError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    if peak > MEMORY_BASE + MEMORY_FACTOR * len(data):
        raise AssertionError(f"{peak} bytes allocated for {len(data)} bytes of input")


# -- the run ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Report:
    """What a run found."""

    executions: int = 0
    accepted: int = 0
    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    corpus: int = 0
    slowest_s: float = 0.0
    seconds: float = 0.0
    problems: list[dict[str, str]] = field(default_factory=list)

    def merge(self, other: Report) -> None:
        self.executions += other.executions
        self.accepted += other.accepted
        self.outcomes += other.outcomes
        self.corpus += other.corpus
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.seconds = max(self.seconds, other.seconds)
        self.problems += other.problems


class Fuzzer:
    """One process of the run."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.corpus = seeds()
        self.targets = list(self.corpus)
        self.report = Report()
        for schema in Schema:
            exi.prepare(schema)

    def run(self, count: int | None, seconds: float | None) -> Report:
        """Until either limit is reached or too much was found."""
        start = time.monotonic()
        report = self.report
        while count is None or report.executions < count:
            if seconds is not None and report.executions % 256 == 0 and time.monotonic() - start > seconds:
                break
            if len(report.problems) >= MAX_PROBLEMS:
                break
            self.step()
        report.seconds = time.monotonic() - start
        report.corpus = sum(map(len, self.corpus.values()))
        return report

    def step(self) -> None:
        """Mutate, feed, judge."""
        rng, report = self.rng, self.report
        target = rng.choice(self.targets)
        pool = self.corpus[target]
        source = pool if rng.random() < 0.98 else self.corpus[rng.choice(self.targets)]
        data = mutate(rng.choice(source), rng, rng.choice(pool))
        report.executions += 1
        before = time.thread_time()
        try:
            outcome = check(target, data)
            if report.executions % MEASURED == 0:
                check_memory(target, data)
        except Exception as error:  # noqa: BLE001  # this is what the run looks for
            self.problem(target, data, "".join(traceback.format_exception_only(error)).strip())
            return
        taken = time.thread_time() - before
        report.slowest_s = max(report.slowest_s, taken)
        if taken > SLOW_S:
            self.problem(target, data, f"took {taken:.1f} s")
        report.accepted += outcome.startswith("accepted")
        name = f"{target[0]}{'/fragment' if target[1] else ''} {outcome}"
        report.outcomes[name] += 1
        if report.outcomes[name] == 1 and report.corpus < MAX_CORPUS:
            report.corpus += 1
            pool.append(data)

    def problem(self, target: Target, data: bytes, why: str) -> None:
        schema = f"{target[0]}{'/fragment' if target[1] else ''}"
        self.report.problems.append({"schema": schema, "exi_hex": data.hex(), "why": why[:500]})


def one_process(arguments: tuple[int, int | None, float | None]) -> Report:
    """A process of the pool."""
    seed, count, seconds = arguments
    return Fuzzer(seed).run(count, seconds)


def run(count: int | None, seconds: float | None, jobs: int, seed: int) -> Report:
    """The whole run, over `jobs` processes with seeds of their own."""
    share = None if count is None else -(-count // jobs)
    total = Report()
    if jobs == 1:
        total.merge(one_process((seed, share, seconds)))
        return total
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for part in pool.imap_unordered(
            one_process, [(seed + index, share, seconds) for index in range(jobs)]
        ):
            total.merge(part)
    return total


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--found", type=pathlib.Path, default=pathlib.Path("exi-found.jsonl"))
    chosen = parser.parse_args()
    if chosen.count is None and chosen.seconds is None:
        chosen.seconds = 60.0
    report = run(chosen.count, chosen.seconds, chosen.jobs, chosen.seed)
    rate = report.executions / max(report.seconds, 1e-9)
    say(f"{report.executions} executions in {report.seconds:.0f} s ({rate:.0f}/s, {chosen.jobs} processes)")
    say(f"{report.accepted} accepted, {len(report.outcomes)} different outcomes, corpus {report.corpus}")
    say(f"slowest {report.slowest_s * 1e3:.1f} ms; {len(report.problems)} problems")
    for problem in report.problems:
        say(json.dumps(problem))
    if report.problems:
        lines = "".join(json.dumps(problem) + "\n" for problem in report.problems)
        chosen.found.write_text(lines, encoding="utf-8")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
