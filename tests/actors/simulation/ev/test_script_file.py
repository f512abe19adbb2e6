import contextlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.simulation.ev.script import Mode
from actors.simulation.ev.script_file import ScriptError, load_script, read_script
from tests.support.examples import few


def problems(text):
    with pytest.raises(ScriptError) as caught:
        read_script(text.encode(), "car.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_a_script_is_read_from_a_file(tmp_path):
    path = tmp_path / "car.yaml"
    path.write_text("car: {mode: dc}\nsteps: [plug, charge: {energy_wh: 10}, unplug]\n")

    assert load_script(path).car.mode is Mode.DC


def test_a_wrong_value_is_named_with_its_place():
    assert problems("car:\n  mode: dx\n")[0].startswith("car.yaml:2:9: error: car.mode:")


def test_an_unknown_name_comes_with_the_nearest_one():
    (told,) = problems("car: {batery: {}}\n")

    assert "there is no 'batery' here" in told
    assert "Did you mean 'battery'?" in told


def test_an_unknown_name_inside_a_list_is_named_too():
    (told,) = problems("steps:\n  - plug\n  - charge: {to_soc: 80}\n")

    assert told.startswith("car.yaml:3:14: error: steps[1].charge.to_soc")
    assert "'to_soc_percent'" in told


def test_an_unknown_name_in_a_table_is_named_without_a_suggestion():
    assert "there is no 'x' here" not in problems("car: {battery: {charge_w: [[0, {x: 1}]]}}\n")[0]


def test_an_unknown_name_below_a_plain_value_has_no_suggestion():
    assert len(problems("car: {mode: {x: 1}}\n")) == 1


def test_a_contradiction_is_told_without_the_library_words():
    assert problems("car: {protocols: [din]}\n") == ["car.yaml:1:1: error: car: mode: din charges by dc only"]


def test_text_that_is_no_yaml_is_a_problem_of_its_line():
    assert problems("car: [\n")[0].startswith("car.yaml:2:1: error: not YAML")


def test_a_file_that_is_missing_is_a_problem_too(tmp_path):
    with pytest.raises(ScriptError, match="cannot be read"):
        load_script(tmp_path / "none.yaml")


def test_a_name_with_a_zero_byte_cannot_be_read(tmp_path):
    with pytest.raises(ScriptError, match="cannot be read"):
        load_script(tmp_path / "a\0b")


def test_the_problems_travel_between_processes():
    error = ScriptError(())

    assert pickle.loads(pickle.dumps(error)).problems == ()


@pytest.mark.untraced
@few(50)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_make_the_reader_fail_otherwise(data):
    with contextlib.suppress(ScriptError):
        read_script(data, "car.yaml")
