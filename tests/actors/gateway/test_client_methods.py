"""The client's methods, held to what the Gateway publishes of its own."""

import inspect
import subprocess
import sys
import typing
from collections.abc import Mapping, Sequence

import pytest

from actors.gateway import client_forms
from actors.gateway.client import GatewayClient
from actors.gateway.client_methods import Methods
from actors.gateway.methods import METHODS
from actors.gateway.schema import document
from tests.support.client_forms import published, schema_of

DOCUMENT = document(METHODS)
SCHEMAS = DOCUMENT["components"]["schemas"]
BY_THE_CLIENT = {"observe.subscribe": "subscribe", "role.register": "serve", "role.ready": "serve"}
"""What the client does in a way of its own, and by which of its methods."""
TYPED = sorted({*METHODS} - {*BY_THE_CLIENT})
AT_HAND = {"forms": client_forms, "Mapping": Mapping, "Sequence": Sequence}
"""What the module names for type checkers only."""


def own_name(method):
    return method.replace(".", "_")


def described(method):
    return next(each for each in DOCUMENT["methods"] if each["name"] == method)


def parameters(method):
    """Those of the client's method, and their types."""
    function = getattr(Methods, own_name(method))
    hints = typing.get_type_hints(function, localns=AT_HAND)
    found = dict(inspect.signature(function).parameters)
    del found["self"]
    return found, hints


class Recorder(Methods):
    """Keeps what is called."""

    def call(self, method, /, **params):
        self.called = method, params
        return {"of": method}


def test_every_method_of_the_gateway_is_one_of_the_client():
    public = {name for name in vars(Methods) if not name.startswith("_")} - {"call"}
    assert public == {own_name(each) for each in TYPED}
    assert all(callable(getattr(GatewayClient, each)) for each in BY_THE_CLIENT.values())


@pytest.mark.parametrize("method", TYPED)
def test_parameters_are_named_and_required_as_published(method):
    found, _hints = parameters(method)
    assert {name: each.default is inspect.Parameter.empty for name, each in found.items()} == {
        each["name"]: each["required"] for each in described(method)["params"]
    }


@pytest.mark.parametrize("method", TYPED)
def test_parameters_have_the_types_and_defaults_published(method):
    found, hints = parameters(method)
    told = {each["name"]: each["schema"] for each in described(method)["params"]}
    for name, each in found.items():
        wanted = published(told[name], SCHEMAS)
        if "default" in told[name]:
            default = list(each.default) if isinstance(each.default, tuple) else each.default
            assert default == told[name]["default"], name
        elif each.default is None:  # made anew for each call; None is not said
            wanted = {"anyOf": [wanted, {"type": "null"}]}
        assert schema_of(hints[name]) == wanted, name


@pytest.mark.parametrize("method", TYPED)
def test_a_result_has_the_type_published(method):
    _found, hints = parameters(method)
    assert schema_of(hints["return"]) == published(described(method)["result"]["schema"], SCHEMAS)


@pytest.mark.parametrize("method", TYPED)
def test_each_parameter_is_handed_on_by_its_name(method):
    given = {name: object() for name in parameters(method)[0]}
    site = Recorder()
    assert getattr(site, own_name(method))(**given) == {"of": method}
    assert site.called == (method, given)


@pytest.mark.parametrize("method", TYPED)
def test_what_is_not_given_means_what_the_form_says(method):
    values = {"string": "x", "integer": 1, "boolean": True, "object": {}, "array": ["site"]}
    least = {
        each["name"]: values[each["schema"]["type"]]
        for each in described(method)["params"]
        if each["required"]
    }
    site = Recorder()
    getattr(site, own_name(method))(**least)
    form = METHODS[method]
    assert form.read(site.called[1]) == form.read(least)


def test_the_client_imports_nothing_of_the_engine():
    code = (
        "import sys, actors.gateway.client; print(*sorted(m for m in sys.modules if m.startswith('actors.')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == [
        "actors.gateway",
        "actors.gateway.client",
        "actors.gateway.client_forms",
        "actors.gateway.client_methods",
        "actors.gateway.whereabouts",
    ]
