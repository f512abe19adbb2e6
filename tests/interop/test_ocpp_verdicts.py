"""The payloads that both validations judge."""

import pytest

from protocols.ocpp import schemas
from protocols.ocpp.version import Version
from tests.interop import ocpp_verdicts
from tests.interop.ocpp_peer import CODES

VERSIONS = (Version.V201, Version.V21)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_what_is_broken_is_refused_and_nothing_else(version: Version) -> None:
    wrong = [each for each in ocpp_verdicts.judged(version) if bool(each.broken) is not bool(each.ours)]

    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_message_of_a_version_is_judged_whole_and_broken(version: Version) -> None:
    given = list(ocpp_verdicts.judged(version))

    messages = schemas.actions(version) - ocpp_verdicts.SENT_ONLY
    for answer in (False, True):
        for broken in (False, True):
            found = {each.action for each in given if (each.answer, bool(each.broken)) == (answer, broken)}
            assert found == messages


@pytest.mark.parametrize("peer", CODES)
def test_a_known_difference_is_one_of_codes_we_give(peer: str) -> None:
    ours = {(each.broken, each.ours) for each in ocpp_verdicts.judged(Version.V21)}

    assert {(each.broken, each.ours) for each in CODES[peer]} <= ours
