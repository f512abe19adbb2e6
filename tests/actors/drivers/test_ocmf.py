"""Tests for actors/drivers/ocmf.py."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from actors.drivers.ocmf import METHOD, OcmfError, Signer, verify
from protocols.types import powermeter, units

REQUEST = powermeter.TransactionReq(
    evse_id="DE*PNX*E00001*1",
    transaction_id="1",
    identification_status=powermeter.OCMFUserIdentificationStatus.ASSIGNED,
    identification_level=powermeter.OCMFIdentificationLevel.SECURE,
    identification_flags=(powermeter.OCMFIdentificationFlags.ISO15118_PNC,),
    identification_type=powermeter.OCMFIdentificationType.EMAID,
    identification_data="DEABCC123456789",
    tariff_text="0.39/kWh",
)


def reading(wh: str, hour: int) -> powermeter.Powermeter:
    return powermeter.Powermeter(
        timestamp=datetime(2026, 3, 1, hour, tzinfo=UTC),
        energy_wh_import=units.Energy(total_wh=Decimal(wh)),
    )


def test_a_key_of_another_kind_verifies_nothing(signer: Signer) -> None:
    text = signer.record(REQUEST, reading("0", 12), reading("1", 13))
    other = ed25519.Ed25519PrivateKey.generate().public_key()
    der = other.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(OcmfError, match="elliptic curve"):
        verify(text, der.hex())


@pytest.fixture
def signer() -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()), "METER1")


def test_a_record_is_verified_with_the_public_key(signer: Signer) -> None:
    text = signer.record(REQUEST, reading("1000", 12), reading("31234.567", 13))

    payload = verify(text, signer.public_key)

    assert [(each["TX"], each["RV"], each["RU"]) for each in payload["RD"]] == [
        ("B", 1.0, "kWh"),
        ("E", 31.234567, "kWh"),
    ]
    assert payload["RD"][0]["TM"] == "2026-03-01T12:00:00,000+0000 S"
    assert (payload["IT"], payload["ID"], payload["IF"]) == ("EMAID", "DEABCC123456789", ["ISO15118_PNC"])
    assert json.loads(text.split("|")[2])["SA"] == METHOD


def test_records_are_numbered(signer: Signer) -> None:
    made = [signer.record(REQUEST, reading("0", 12), reading("1", 13)) for _ in range(3)]

    assert [verify(each, signer.public_key)["PG"] for each in made] == ["T1", "T2", "T3"]


def test_a_changed_record_is_noticed(signer: Signer) -> None:
    text = signer.record(REQUEST, reading("1000", 12), reading("2000", 13))

    with pytest.raises(OcmfError, match="not that of this key"):
        verify(text.replace('"RV":2.0', '"RV":1.0'), signer.public_key)


def test_a_record_of_another_meter_is_noticed(signer: Signer) -> None:
    other = Signer(ec.generate_private_key(ec.SECP256R1()), "METER2")

    with pytest.raises(OcmfError, match="not that of this key"):
        verify(other.record(REQUEST, reading("0", 12), reading("1", 13)), signer.public_key)


@pytest.mark.parametrize(
    "text", ["", "OCMF", "OCMF|{}", "OCMF|{}|{}", "OCMF|{}|[]", 'OCMF|{|{"SD":"00"}', "A|{}|{}"]
)
def test_what_is_no_record_is_a_clear_error(signer: Signer, text: str) -> None:
    with pytest.raises(OcmfError):
        verify(text, signer.public_key)


def test_a_bar_in_a_text_does_not_break_the_record(signer: Signer) -> None:
    request = dataclasses.replace(REQUEST, tariff_text="day 0.39 | night 0.29")

    text = signer.record(request, reading("0", 12), reading("1", 13))

    assert verify(text, signer.public_key)["TT"] == "day 0.39 | night 0.29"
