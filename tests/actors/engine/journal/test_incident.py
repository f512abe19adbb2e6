"""What is reported about a damaged journal."""

from __future__ import annotations

import pytest

from actors.engine.journal import Incident, IncidentKind
from actors.engine.journal.incident import ADVICE
from protocols.codec import decode, encode
from tests.support.journals import NOW


@pytest.mark.parametrize("kind", IncidentKind)
def test_every_kind_of_incident_says_what_to_do(kind):
    assert len(ADVICE[kind]) > 20


@pytest.mark.parametrize("aside", [None, "/var/lib/evsite/auth.journal.damaged-20260301T120000.000250Z"])
def test_an_incident_travels_between_actors_unchanged(aside):
    incident = Incident(
        kind=IncidentKind.DAMAGED,
        at=NOW,
        path="/var/lib/evsite/auth.journal",
        aside=aside,
        problem="checksum of the entry after number 7",
        advice=ADVICE[IncidentKind.DAMAGED],
        recovered_through=7,
        known_through=9,
    )
    assert decode(encode(incident)) == incident
