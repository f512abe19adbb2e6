"""Files of fault rules."""

import pytest

from actors.engine.faults import Fault, FaultRuleError, Rule
from actors.fault_rules import load

GOOD = """
- fault: drop
  sender: a/main
  target: b/*
  times: 3
  probability: 0.5
- {fault: fail_constructor, actor: "*/v2g_1"}
"""


def written(tmp_path, text):
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    return file


def test_rules_are_read_as_they_stand_there(tmp_path):
    assert load(written(tmp_path, GOOD)) == (
        Rule(fault=Fault.DROP, sender="a/main", target="b/*", times=3, probability=0.5),
        Rule(fault=Fault.FAIL_CONSTRUCTOR, actor="*/v2g_1"),
    )


def test_json_is_read_as_well(tmp_path):
    assert load(written(tmp_path, '[{"fault": "crash", "after": 2}]')) == (Rule(fault=Fault.CRASH, after=2),)


def test_an_empty_list_has_no_rules(tmp_path):
    assert load(written(tmp_path, "[]")) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a list of rules is expected"),
        ("fault: drop", "a list of rules is expected"),
        ("- [", "while parsing"),
        ("- 1", "rule 1: "),
        ("- {fault: drop}\n- {fault: flood}", "rule 2: .*fault"),
        ("- {fault: drop, times: often}", "rule 1: .*times"),
        ("- {fault: drop, colour: red}", "rule 1: .*colour"),
        ("- {fault: drop, kind: answer}", "rule 1: kind is none of"),
        ("- {fault: drop, probability: 2}", "rule 1: probability is not in"),
    ],
)
def test_a_wrong_file_is_told_with_its_rule(tmp_path, text, told):
    with pytest.raises(FaultRuleError, match=rf"rules\.yaml: (.*){told}"):
        load(written(tmp_path, text))


def test_a_file_that_is_no_text_is_told(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(FaultRuleError, match=r"rules\.yaml: "):
        load(file)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FaultRuleError, match=r"none\.yaml: No such file"):
        load(tmp_path / "none.yaml")
