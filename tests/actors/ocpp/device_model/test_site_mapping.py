import json

import pytest

from actors.config import check_site
from actors.ocpp.device_model.directory import load_directory
from actors.ocpp.device_model.names import ComponentName, Place, VariableName
from actors.ocpp.device_model.site_mapping import read_rules, resolve
from tests.support import role_site
from tests.support.device_model import SHIPPED, component, name, prop
from tests.support.sites import BASE, edited

TIMEOUT = component(prop("EVConnectionTimeOut", "integer", source="SITE"), name="TxCtrlr")
IDS = [component(prop("ISO15118EvseId", source="SITE"), name="EVSE", evse_id=each) for each in (1, 2)]


def site(*edits):
    checked = check_site(edited(*edits) if edits else BASE.encode(), "site.yaml")
    assert checked.site is not None, checked.problems
    return checked.site


def rules(text):
    problems = []
    found = read_rules(text.encode(), "site_mapping.json", problems)
    return found, [one.text for one in problems]


def rule(component, variable, module, parameter, **more):
    one = {"component": component, "variable": variable, "module": module, "parameter": parameter, **more}
    found, problems = rules(json.dumps({"mapping": [one]}))
    assert not problems
    return found


def told(components, found):
    return [(one.place, one.text, one.advice) for one in resolve(components, found, site(), "ocpp")[1]]


def test_the_shipped_variables_of_the_site_find_their_parameters():
    # S20.8
    targets, problems = resolve(load_directory(SHIPPED), (), site(), "ocpp")

    assert not problems
    assert {str(place): str(target) for place, target in targets.items()} == {
        "AuthCtrlr.MasterPassGroupId": "auth.master_pass_group_id",
        "TxCtrlr.EVConnectionTimeOut": "auth.connection_timeout",
        "EVSE at 1.ISO15118EvseId": "evse_1.evse_id",
        "EVSE at 2.ISO15118EvseId": "evse_2.evse_id",
    }


def test_a_program_in_the_place_of_our_module_has_no_parameters():
    checked = check_site(role_site.FILE.encode(), "site.yaml")
    targets, problems = resolve([TIMEOUT, *IDS], (), checked.site, "ocpp")
    assert problems == ()
    assert [str(target) for target in targets.values()] == ["evse_2.evse_id"]


@pytest.mark.parametrize(
    ("edits", "may"),
    [
        ((), True),
        ((("{allow_read: true, allow_write: true}", "{allow_read: true}"),), False),
    ],
)
def test_the_site_file_says_whether_a_parameter_may_be_written(edits, may):
    # M13.5
    targets, _ = resolve([TIMEOUT], (), site(*edits), "ocpp")

    assert [target.may_write for target in targets.values()] == [may]


def test_a_variable_of_an_evse_finds_the_module_of_that_evse():
    targets, problems = resolve(IDS, (), site(), "ocpp")

    assert not problems
    assert [target.module_id for target in targets.values()] == ["evse_1", "evse_2"]


def test_a_rule_of_the_operator_goes_before_ours():
    mine = component(prop("EVConnectionTimeOut", source="SITE"), name="TxCtrlr")
    targets, _ = resolve(
        [mine], rule("TxCtrlr", "EVConnectionTimeOut", "auth", "selection_algorithm"), site(), "ocpp"
    )

    assert [str(target) for target in targets.values()] == ["auth.selection_algorithm"]


def test_a_rule_may_speak_of_one_evse_alone():
    found = rule("EVSE", "ISO15118EvseId", "evse_1", "evse_id_din", evse_id=2)

    targets, _ = resolve(IDS, found, site(), "ocpp")

    assert [str(target) for target in targets.values()] == ["evse_1.evse_id", "evse_1.evse_id_din"]


@pytest.mark.parametrize(
    ("place", "covered"),
    [
        (name("X", "C").place, True),
        (name("X", "C", evse_id=1).place, True),
        (name("X", "C", evse_id=1, connector_id=2).place, True),
        (name("Y", "C", evse_id=1).place, False),
        (name("X", "D").place, False),
        (Place(ComponentName("C", "left"), VariableName("X")), False),
    ],
)
def test_a_rule_without_evse_covers_its_variable_everywhere(place, covered):
    (one,) = rule("C", "X", "auth", "connection_timeout")

    assert one.covers(place) is covered


@pytest.mark.parametrize(
    ("components", "found", "problem"),
    [
        (
            [component(prop("Colour", source="SITE"))],
            (),
            ("Thing.Colour", "no rule says which parameter it is", "Name its parameter in site_mapping.json"),
        ),
        (
            [TIMEOUT],
            rule("TxCtrlr", "EVConnectionTimeOut", "aut", "connection_timeout"),
            (
                "TxCtrlr.EVConnectionTimeOut",
                "0 modules of this site are called aut here",
                "Did you mean auth?",
            ),
        ),
        (
            [component(prop("EVConnectionTimeOut", source="SITE"), name="TxCtrlr")],
            rule("TxCtrlr", "EVConnectionTimeOut", "EvseManager", "evse_id"),
            (
                "TxCtrlr.EVConnectionTimeOut",
                "2 modules of this site are called EvseManager here",
                "Known are ",
            ),
        ),
        (
            [TIMEOUT],
            rule("TxCtrlr", "EVConnectionTimeOut", "auth", "connection_time"),
            (
                "TxCtrlr.EVConnectionTimeOut",
                "Auth has no parameter connection_time",
                "Did you mean connection_timeout?",
            ),
        ),
        (
            [component(prop("EVConnectionTimeOut", "boolean", source="SITE"), name="TxCtrlr")],
            (),
            ("TxCtrlr.EVConnectionTimeOut", "auth.connection_timeout is of type integer", "A boolean cannot"),
        ),
        (
            [component(prop("EVConnectionTimeOut", "integer"), name="TxCtrlr")],
            rule("TxCtrlr", "EVConnectionTimeOut", "auth", "connection_timeout"),
            (
                "TxCtrlr.EVConnectionTimeOut",
                "no variable of source SITE is called that",
                "Set its source to SITE",
            ),
        ),
    ],
)
def test_a_mapping_that_leads_nowhere_is_told(components, found, problem):
    # S20.9
    ((place, text, advice),) = told(components, found)

    assert (place, text) == problem[:2]
    assert advice.startswith(problem[2])


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[]", ["there is no object in it"]),
        ('{"map": []}', ["this key is not known here"]),
        ('{"mapping": [{}]}', ["missing"] * 4),
        (
            '{"mapping": [{"component": "A", "variable": "B", "module": "c", "parameter": "d", "value": 1}]}',
            ["this key is not known here"],
        ),
    ],
)
def test_a_mapping_file_in_another_form_is_told(text, problems):
    assert rules(text)[1] == problems
