import json

import pytest

from tests.support.everest_inventory import inventory_of, main, node_of

INTERFACE = """
description: Something said by nobody else
cmds:
  reserve:
    description: Something said by nobody else
    arguments:
      reservation_id: {description: Something said by nobody else, type: integer, minimum: 1}
    result: {type: boolean}
  cancel: {}
vars:
  ready: {type: "null"}
errors:
  - reference: /errors/evse_manager
"""
TYPES = """
types:
  Mode: {type: string, enum: [Off, On]}
  Limits:
    type: object
    additionalProperties: true
    required: [limit]
    properties:
      limit: {type: number, minimum: 0, maximum: 100.5}
      decimals: {type: integer, default: 2}
      since: {type: string, format: date-time}
      modes: {type: array, minItems: 0, maxItems: 3, items: {minimum: 1, $ref: /evse_manager#/Mode}}
"""
ERRORS = """
errors:
  - {name: Internal, description: Something said by nobody else}
"""


@pytest.fixture
def reference(tmp_path):
    for folder, text in {"interfaces": INTERFACE, "types": TYPES, "errors": ERRORS}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "evse_manager.yaml").write_text(text, "utf-8")
    return tmp_path


def test_commands_variables_and_error_lists_are_kept(reference):
    assert inventory_of(reference)["interfaces"] == {
        "evse_manager": {
            "commands": {
                "reserve": {
                    "arguments": {"reservation_id": {"type": "integer", "minimum": 1}},
                    "result": {"type": "boolean"},
                },
                "cancel": {"arguments": {}},
            },
            "variables": {"ready": {"type": "null"}},
            "errors": ["evse_manager"],
        }
    }


def test_types_keep_limits_defaults_and_what_is_optional(reference):
    assert inventory_of(reference)["types"]["evse_manager"]["Limits"] == {
        "type": "object",
        "fields": {
            "limit": {"type": "number", "minimum": 0, "maximum": 100.5},
            "decimals": {"type": "integer", "optional": True, "default": 2},
            "since": {"type": "timestamp", "optional": True},
            "modes": {
                "type": "array",
                "items": {"ref": "evse_manager/Mode", "without_effect": {"minimum": 1}},
                "maxItems": 3,
                "without_effect": {"minItems": 0},
                "optional": True,
            },
        },
        "open": True,
    }


def test_error_names_are_kept_by_list(reference):
    assert inventory_of(reference)["errors"] == {"evse_manager": ["Internal"]}


def test_the_file_repeats_no_description_and_is_always_the_same(reference, tmp_path):
    # when
    main([str(reference), str(tmp_path / "first.json")])
    main([str(reference), str(tmp_path / "second.json")])

    # then
    first = (tmp_path / "first.json").read_text("utf-8")
    assert "nobody" not in first
    assert first == (tmp_path / "second.json").read_text("utf-8")
    assert json.loads(first) == inventory_of(reference)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "uri"},
        {"type": ["string", "number"]},
        {"type": "number", "multipleOf": 2},
    ],
)
def test_what_the_inventory_cannot_keep_is_refused(schema):
    with pytest.raises(ValueError, match="inventory"):
        node_of(schema)
