import pytest

from actors.simulation.ev.contexts import client_context
from certs.tls import Edition
from tests.support.ev_cars import script, wallet


@pytest.mark.parametrize(
    ("protocols", "editions"),
    [
        ("[iso2]", {Edition.ISO2}),
        ("[iso20]", {Edition.ISO20}),
        ("[iso20, iso2]", {Edition.ISO2, Edition.ISO20}),
    ],
)
def test_the_editions_of_tls_are_those_of_the_protocols(protocols, editions):
    made = client_context(script(f"car: {{protocols: {protocols}}}").car, wallet())

    assert made.material.editions == editions
    assert made.material.identity is not None
