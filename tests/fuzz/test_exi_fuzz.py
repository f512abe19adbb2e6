from __future__ import annotations

import random

import pytest

from protocols.iso15118 import exi
from tests.fuzz import exi_fuzz
from tests.support.exi_vectors import of_type


def test_a_short_run_finds_nothing():
    report = exi_fuzz.run(4000, None, 1, seed=15118)
    assert report.executions == 4000
    assert not report.problems
    assert len(report.outcomes) > 500
    assert report.accepted > 50


def test_a_broken_rule_is_reported_with_its_input(monkeypatch):
    def broken(data, schema):
        raise KeyError(schema)

    monkeypatch.setattr(exi_fuzz.exi, "decode", broken)
    report = exi_fuzz.run(100, None, 1, seed=1)
    assert report.problems
    assert all("KeyError" in problem["why"] for problem in report.problems)


def test_a_run_stops_when_its_time_is_over():
    report = exi_fuzz.run(None, 0.05, 1, seed=1)
    assert report.executions % 256 == 0
    assert report.seconds < 5


@pytest.mark.parametrize("mutation", exi_fuzz.MUTATIONS)
def test_a_mutation_makes_bytes_of_bytes(mutation):
    rng = random.Random(2)
    for size in (1, 2, 50):
        made = mutation(bytearray(range(size)), rng, b"\x80\x01")
        assert isinstance(made, bytearray)


def test_a_mutated_vector_is_judged_by_the_same_rules_as_a_run():
    one = of_type("iso2_msgdef.jsonl", "SessionStopReq")
    target = (exi.Schema.ISO2, False)
    assert exi_fuzz.check(target, one.data).startswith("accepted V2G_Message")
    assert "ends too early" in exi_fuzz.check(target, one.data[:-1])
    exi_fuzz.check_memory(target, one.data)
