import json
import os
import shutil

import pytest

from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.directory import MAX_FILE_BYTES, MAX_FILES, checked, load_directory
from actors.ocpp.device_model.names import ComponentName, VariableName
from actors.ocpp.device_model.problems import DeviceModelError
from tests.support.device_model import EVEREST, SHIPPED, component, document, prop


def directory(path, standardized=(), custom=()):
    for folder, texts in (("standardized", standardized), ("custom", custom)):
        (path / folder).mkdir(parents=True)
        for number, text in enumerate(texts):
            (path / folder / f"{number}.json").write_text(json.dumps(text))
    return path


def told(path):
    with pytest.raises(DeviceModelError) as error:
        load_directory(path)
    return [(one.file.removeprefix(f"{path}/"), one.text) for one in error.value.problems]


def test_everests_own_files_load_as_they_are():
    components = load_directory(EVEREST)

    assert len(components) == 25  # M11.16
    assert sum(len(one.variables) for one in components) == 297


def test_the_shipped_files_load():
    assert len(load_directory(SHIPPED)) == 25


@pytest.mark.parametrize("folder", ["standardized", "custom"])
def test_a_missing_folder_is_told_with_a_way_out(tmp_path, folder):
    # S5.6
    path = directory(tmp_path)
    (path / folder).rmdir()

    assert told(path) == [(folder, "the folder cannot be read: No such file or directory")]


def test_a_missing_directory_is_told_for_both_folders(tmp_path):
    assert [file for file, _ in told(tmp_path / "nowhere")] == ["standardized", "custom"]


def test_which_folder_a_file_is_in_makes_no_difference(tmp_path):
    # S5.7
    one = directory(tmp_path / "a", standardized=[document(prop("A"), name="X")], custom=[document(name="Y")])
    other = directory(
        tmp_path / "b", standardized=[document(name="Y")], custom=[document(prop("A"), name="X")]
    )

    assert [each.variables for each in load_directory(one)] == [
        each.variables for each in load_directory(other)
    ]


def test_a_new_file_is_a_new_component(tmp_path):
    # S5.9, S5.13
    shutil.copytree(SHIPPED, tmp_path / "config")
    extra = document(prop("Odour", value="none"), name="AirFreshener", evse_id=1)
    (tmp_path / "config" / "custom" / "AirFreshener_1.json").write_text(json.dumps(extra))

    names = [each.name for each in load_directory(tmp_path / "config")]

    assert ComponentName("AirFreshener", evse_id=1) in names


def test_a_component_in_two_files_is_refused(tmp_path):
    path = directory(tmp_path, standardized=[document(name="A")], custom=[document(name="a")])

    assert told(path) == [("custom/0.json", f"a is in {path}/standardized/0.json too")]


def test_two_sources_of_one_variable_are_told_apart(tmp_path):
    # S20.12
    path = directory(
        tmp_path, [document(prop("V"), prop("W"))], [document(prop("V", source="SITE"), prop("W"))]
    )

    assert told(path)[1:] == [
        ("custom/0.json", "Thing.V has two sources: SITE here, OCPP there"),
    ]


def test_an_unknown_source_is_refused(tmp_path):
    # S20.11
    path = directory(tmp_path, [document(prop("V", source="CLOUD"))])

    assert told(path) == [("standardized/0.json", "'CLOUD' is not known")]


def test_problems_of_all_files_are_told_together(tmp_path):
    path = directory(tmp_path, standardized=[{}, {}], custom=[[]])

    assert {file for file, _ in told(path)} == {"standardized/0.json", "standardized/1.json", "custom/0.json"}


def test_what_is_no_json_file_is_left_alone(tmp_path):
    path = directory(tmp_path, standardized=[document(prop("A"))])
    (path / "standardized" / "README.md").write_text("hello")
    (path / "custom" / "old").mkdir()

    assert len(load_directory(path)) == 1


def test_a_file_too_large_is_not_read(tmp_path):
    path = directory(tmp_path)
    (path / "custom" / "big.json").write_bytes(b" " * (MAX_FILE_BYTES + 1))

    assert told(path) == [("custom/big.json", f"it is no regular file of at most {MAX_FILE_BYTES} bytes")]


def test_a_pipe_does_not_keep_the_loader_waiting(tmp_path):
    path = directory(tmp_path)
    os.mkfifo(path / "custom" / "pipe.json")

    assert told(path) == [("custom/pipe.json", f"it is no regular file of at most {MAX_FILE_BYTES} bytes")]


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = directory(tmp_path, custom=[document(prop("A"))])

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)

    assert told(path) == [("custom/0.json", "cannot be read: Permission denied")]


def test_too_many_files_are_not_read(tmp_path, monkeypatch):
    path = directory(tmp_path, custom=[document(name="A"), document(name="B")])
    monkeypatch.setattr("actors.ocpp.device_model.directory.MAX_FILES", 1)

    assert MAX_FILES >= 640
    assert told(path) == [("custom", "it holds more than 1 files")]


def test_components_come_in_the_order_of_their_names():
    made = checked([component(name="B"), component(name="EVSE", evse_id=1), component(name="A")])

    assert [str(one.name) for one in made] == ["A", "B", "EVSE at 1"]


def test_the_shipped_files_hold_every_variable_of_everests():
    # the twin of BytesPerMessage is a slip of theirs
    ours = {one.name: one.variables for one in load_directory(SHIPPED)}

    missing = {
        f"{one.name}.{name}"
        for one in load_directory(EVEREST)
        for name in one.variables
        if name not in ours.get(one.name, {})
    }

    assert missing == {"ChargingStation.AllowNewSessionsPendingFirmwareUpdate[BytesPerMessage]"}


def test_the_shipped_files_hold_the_defaults_that_are_promised():
    # M11.16
    internal = next(one for one in load_directory(SHIPPED) if one.name == ComponentName("InternalCtrlr"))
    values = {
        str(name): next(iter(variable.attributes.values())).value
        for name, variable in internal.variables.items()
    }

    assert values["SupportedOcppVersions"] == "ocpp2.1,ocpp2.0.1"
    assert values["OcspRequestInterval"] == "604800"
    for which in ("V2G", "Client"):
        assert values[f"{which}CertificateExpireCheckInitialDelaySeconds"] == "60"
        assert values[f"{which}CertificateExpireCheckIntervalSeconds"] == "43200"


def test_three_shipped_variables_belong_to_the_site():
    # S20.8
    found = {
        f"{one.name.name}.{name}"
        for one in load_directory(SHIPPED)
        for name, variable in one.variables.items()
        if variable.source is Source.SITE
    }

    assert found == {"TxCtrlr.EVConnectionTimeOut", "AuthCtrlr.MasterPassGroupId", "EVSE.ISO15118EvseId"}


def test_variables_are_found_whatever_the_case():
    made = checked([component(prop("Size"))])[0]

    assert VariableName("SIZE") in made.variables
