"""Codes are written as each version writes them, and a refusal survives pickling."""

import pickle

import pytest

from protocols.ocpp.errors import Code, RefusalError, wire_code
from protocols.ocpp.version import Version


@pytest.mark.parametrize(
    ("code", "version", "written"),
    [
        (Code.FORMAT_VIOLATION, Version.V21, "FormatViolation"),
        (Code.FORMAT_VIOLATION, Version.V16, "FormationViolation"),
        (Code.OCCURRENCE_CONSTRAINT_VIOLATION, Version.V201, "OccurrenceConstraintViolation"),
        (Code.OCCURRENCE_CONSTRAINT_VIOLATION, Version.V16, "OccurenceConstraintViolation"),
        (Code.RPC_FRAMEWORK_ERROR, Version.V16, "GenericError"),
        (Code.NOT_SUPPORTED, Version.V16, "NotSupported"),
    ],
)
def test_a_code_is_written_as_its_version_does(code: Code, version: Version, written: str) -> None:
    assert wire_code(code, version) == written


def test_a_refusal_can_be_pickled_with_all_it_says() -> None:
    refusal = pickle.loads(pickle.dumps(RefusalError(Code.GENERIC_ERROR, "too late", "7")))

    assert (refusal.code, refusal.problem, refusal.message_id) == (Code.GENERIC_ERROR, "too late", "7")
