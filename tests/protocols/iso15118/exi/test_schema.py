from __future__ import annotations

import subprocess
import sys

import pytest

from protocols.iso15118.exi.errors import SchemaError
from protocols.iso15118.exi.schema import MODULES, Schema, grammar_of, schema_named


def test_every_schema_has_its_module_and_its_name():
    assert set(MODULES) == set(Schema)
    assert [grammar_of(schema).name for schema in Schema] == [schema.value for schema in Schema]


def test_a_schema_is_known_by_the_name_of_the_vectors():
    assert schema_named("iso20_dc") is Schema.ISO20_DC
    with pytest.raises(SchemaError, match="there are app_protocol, din_msgdef"):
        schema_named("iso20")


def test_importing_the_codec_imports_no_messages():
    code = (
        "import sys; from protocols.iso15118 import exi; "
        "sys.exit(any(name.startswith('protocols.iso15118.iso2') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
