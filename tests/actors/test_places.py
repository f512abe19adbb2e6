"""Where modules belong that several EVSEs, or a car, have."""

import pytest

from actors.config import load_site
from actors.engine.supervision import ChildSpec
from actors.places import evse_of, own_wires
from actors.site import plan
from protocols import codec
from tests.support.sites import VECTORS

EVEREST = load_site(VECTORS / "everest-names.yaml")
"""Two EVSEs of which the left one speaks ISO 15118, with one SLAC, one stack and one talking car for both."""


def loaded(tmp_path, *changes):
    text = (VECTORS / "everest-names.yaml").read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = tmp_path / "site.yaml"
    file.write_text(text)
    return load_site(file)


@pytest.mark.parametrize("module", ["plc", "hlc_station", "hlc_car"])
def test_what_both_have_to_talk_by_is_of_the_evse_that_speaks(module):
    assert EVEREST.modules[module].evse is None
    assert evse_of(EVEREST, EVEREST.modules[module]) == 1


def test_where_both_speak_it_is_of_neither(tmp_path):
    both = loaded(tmp_path, ("ac_hlc_enabled: false", "ac_hlc_enabled: true"))

    assert evse_of(both, both.modules["plc"]) is None


def test_the_other_half_of_a_car_stands_where_the_car_stands(tmp_path):
    text = "      ev:\n      - module_id: hlc_car\n        implementation_id: ev\n"
    head, _, tail = (VECTORS / "everest-names.yaml").read_text().rpartition(text)
    (tmp_path / "site.yaml").write_text(head + tail)  # only the left car has it now
    site = load_site(tmp_path / "site.yaml")

    assert [use.module_id for use in site.users["hlc_car/ev"]] == ["left_car"]
    assert evse_of(site, site.modules["hlc_car"]) == 1


@pytest.mark.parametrize(("module", "evse", "kept"), [("left", 1, True), ("right", 2, False)])
def test_a_manager_has_no_wire_to_what_is_of_another_evse(module, evse, kept):
    wires = own_wires(EVEREST, EVEREST.modules[module], evse)

    assert [bool(wires[name]) for name in ("slac", "hlc", "bsp")] == [kept, kept, True]


def test_a_car_has_no_other_half_at_another_evse():
    assert own_wires(EVEREST, EVEREST.modules["right_car"], 2)["ev"] == ()


def test_every_simulator_of_an_everest_file_has_its_hardware(tmp_path):
    def below(specs):
        for spec in specs:
            yield spec
            yield from below(codec.from_plain(ChildSpec, each) for each in spec.config.get("children", ()))

    simulators = [each for each in below(plan(EVEREST, str(tmp_path))) if "simulation" in each.actor]

    assert len(simulators) > 6
    assert [each.id for each in simulators if each.evse is None and each.id != "simulation"] == []
