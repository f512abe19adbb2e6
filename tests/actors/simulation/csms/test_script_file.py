"""Scripts are read from YAML, and each problem is told at its place."""

import json

import pytest

from actors.simulation.csms.script_file import load_script, read_script
from actors.simulation.ev.script_file import ScriptError
from protocols.ocpp.version import Version


def test_a_script_is_read_from_a_file(tmp_path):
    path = tmp_path / "csms.yaml"
    path.write_text("versions: [ocpp1.6]\ntokens:\n  - {id: AA, status: Blocked}\n")

    plan = load_script(path)

    assert (plan.versions, plan.tokens[0].status) == ((Version.V16,), "Blocked")


def test_json_is_read_as_well():
    assert read_script(json.dumps({"heartbeat_s": 7}).encode(), "script").heartbeat_s == 7


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tokens:\n  - {id: AA, statsu: x}\n", "csms.yaml:2:"),
        ("tokens:\n  - {id: AA, statsu: x}\n", "Did you mean 'status'?"),
        ("heartbeat_s: -1\n", "csms.yaml:1:"),
        ("answers: [{payload: {a: .inf}}]\n", "JSON"),
        ("a: [\n", "csms.yaml:"),
    ],
)
def test_a_problem_is_told_at_its_place(text, told):
    with pytest.raises(ScriptError) as found:
        read_script(text.encode(), "csms.yaml")

    assert told in str(found.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ScriptError, match="cannot be read"):
        load_script(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"faults:\n  - {kind: dropp}\n", "Did you mean 'drop'? Possible: drop,"),
        (b"versions: [ocpp3]\n", "Possible: ocpp1.6, ocpp2.0.1 or ocpp2.1."),
    ],
)
def test_a_word_that_is_no_choice_is_told_with_the_nearest(text, said):
    with pytest.raises(ScriptError) as refused:
        read_script(text, "x.yaml")

    assert len(refused.value.problems) == 1
    assert "is not among the choices" in str(refused.value)
    assert said in str(refused.value)
