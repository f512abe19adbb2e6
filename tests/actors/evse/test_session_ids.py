"""Tests for actors/evse/session_ids.py (row M5.1)."""

from __future__ import annotations

import re
import secrets
import uuid

import pytest

from actors.evse.session_ids import FORMS, session_id


@pytest.mark.parametrize(("form", "length"), [("UUID", 36), ("UUID_BASE64", 22), ("SHORT_BASE64", 16)])
def test_a_session_id_has_the_length_of_its_form(form: str, length: int) -> None:
    assert len(session_id(form, secrets.token_bytes)) == length


def test_a_uuid_says_that_it_is_random() -> None:
    assert uuid.UUID(session_id("UUID", bytes)).version == 4


@pytest.mark.parametrize("form", FORMS)
def test_two_sessions_do_not_share_a_name(form: str) -> None:
    made = {session_id(form, secrets.token_bytes) for _ in range(100)}

    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9+/-]+", each) for each in made)


def test_a_form_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        session_id("ULID", secrets.token_bytes)
