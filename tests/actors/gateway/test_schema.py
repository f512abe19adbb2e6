"""The document that describes the methods."""

import json

import jsonschema_rs

from actors.gateway.methods import METHODS
from actors.gateway.schema import document

DOCUMENT = json.loads(json.dumps(document(METHODS)))


def method(name):
    return next(each for each in DOCUMENT["methods"] if each["name"] == name)


def test_every_method_is_described_with_its_meaning():
    assert {each["name"] for each in DOCUMENT["methods"]} == {*METHODS, "rpc.authenticate", "rpc.discover"}
    assert [each["name"] for each in DOCUMENT["methods"] if not each["summary"]] == []


def test_parameters_are_named_and_required_as_they_are():
    told = method("actor.call")
    assert {each["name"]: each["required"] for each in told["params"]} == {
        "name": True, "command": True, "arguments": False, "deadline_s": False,
    }  # fmt: skip
    assert (told["paramStructure"], told["x-scope"], told["x-simulated"]) == ("by-name", "control", False)


def test_every_schema_can_be_used_as_one():
    for each in DOCUMENT["methods"]:
        for part in (*each["params"], each["result"]):
            whole = {**part["schema"], "components": DOCUMENT["components"]}
            jsonschema_rs.validator_for(whole)


def test_every_error_has_its_code_and_meaning():
    assert DOCUMENT["components"]["errors"]["NO_SUCH"]["code"] == -32004


def test_what_the_gateway_says_by_itself_can_be_used_as_schemas():
    for each in DOCUMENT["x-callbacks"]:
        answer = [each["result"]["schema"]] if "result" in each else []
        data = list(each.get("x-data", {}).values())
        for schema in (*(part["schema"] for part in each["params"]), *answer, *data):
            jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})
        assert each["summary"]
