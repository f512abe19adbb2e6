"""Row M7.5."""

import pytest

from tests.support import sites

TEXT = (sites.ROOT / "deploy" / "everest-isomux.yaml").read_text()
HLC = "hlc: [{module_id: iso_mux, implementation_id: charger}]"
ISO2 = "iso2: [{module_id: iso15118_2, implementation_id: charger}]"
EXT20 = "ext20: [{module_id: iso15118_20, implementation_id: extensions}]"


def told(*edits):
    """What is said about the file with texts replaced; its places are of no interest."""
    return [problem.text for problem in sites.check(sites.edited(*edits, text=TEXT)).problems]


def test_the_wires_of_an_everest_user_are_good():
    assert told() == []


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        ((ISO2, ISO2.replace("_2,", "_20,")), "'iso15118_20' is no EvseV2G"),
        ((EXT20, EXT20.replace("_20,", "_2,")), "'iso15118_2' is not the module behind iso20"),
        (
            (HLC, HLC.replace("iso_mux", "iso15118_2")),
            "'iso15118_2' stands behind 'iso_mux' and answers nobody else",
        ),
    ],
    ids=["other module", "other extensions", "other user"],
)
def test_a_wire_that_would_lead_nowhere_is_an_error(edit, text):
    assert text in told(edit)


def test_a_mux_without_a_module_is_told_so_once():
    assert told((f"      {ISO2}\n", "")) == ["this connection is missing"]
