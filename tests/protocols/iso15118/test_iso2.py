from __future__ import annotations

import pytest

from protocols.iso15118 import exi, iso2
from protocols.iso15118.exi.declaration import declaration_of
from protocols.iso15118.exi.schema import grammar_of

BODIES = {
    declaration_of(kind).element
    for kind in grammar_of(exi.Schema.ISO2).types
    if issubclass(kind, iso2.BodyElement) and kind is not iso2.BodyElement
}


def wrap(body: iso2.BodyElement) -> iso2.V2gMessage:
    return iso2.V2gMessage(
        header=iso2.MessageHeader(session_id=bytes(range(8))), body=iso2.Body(body_element=body)
    )


def test_all_34_body_messages_are_declared():
    assert len(BODIES) == 34
    assert {name for name in BODIES if name.endswith("Req")} == {
        "AuthorizationReq",
        "CableCheckReq",
        "CertificateInstallationReq",
        "CertificateUpdateReq",
        "ChargeParameterDiscoveryReq",
        "ChargingStatusReq",
        "CurrentDemandReq",
        "MeteringReceiptReq",
        "PaymentDetailsReq",
        "PaymentServiceSelectionReq",
        "PowerDeliveryReq",
        "PreChargeReq",
        "ServiceDetailReq",
        "ServiceDiscoveryReq",
        "SessionSetupReq",
        "SessionStopReq",
        "WeldingDetectionReq",
    }
    assert all(f"{name[:-3]}Res" in BODIES for name in BODIES)


def test_the_package_names_everything_it_declares():
    declared = {
        kind.__name__ for kind in grammar_of(exi.Schema.ISO2).types if "xmldsig" not in kind.__module__
    }
    assert declared <= set(iso2.__all__)
    assert all(hasattr(iso2, name) for name in iso2.__all__)


def test_a_message_starts_with_the_bytes_of_its_schema():
    data = exi.encode(wrap(iso2.SessionStopReq(charging_session=iso2.ChargingSession.PAUSE)), "iso2_msgdef")
    assert data.hex().startswith("8098")


@pytest.mark.parametrize(
    ("kind", "codes"),
    [(iso2.ResponseCode, 26), (iso2.EnergyTransferMode, 6), (iso2.DcEvErrorCode, 12), (iso2.UnitSymbol, 7)],
)
def test_an_enumeration_has_all_its_codes(kind, codes):
    assert len(kind) == codes


def test_a_sales_tariff_may_be_signed_by_its_id():
    tariff = iso2.SalesTariff(
        id="id1",
        sales_tariff_id=1,
        sales_tariff_entry=(
            iso2.SalesTariffEntry(time_interval=iso2.RelativeTimeInterval(start_s=0), e_price_level=1),
        ),
    )
    data = exi.encode_fragment(tariff, exi.Schema.ISO2)
    assert data[:2] == bytes([0x80, 174])
    assert exi.decode_fragment(data, exi.Schema.ISO2).element == tariff


def test_a_schedule_starts_no_later_than_its_schema_allows():
    entry = iso2.PMaxScheduleEntry(
        time_interval=iso2.RelativeTimeInterval(start_s=16_777_215),
        p_max=iso2.PhysicalValue(multiplier=0, unit=iso2.UnitSymbol.W, value=11_000),
    )
    with pytest.raises(exi.EncodeError, match=r"16777215 is not in 0..16777214"):
        exi.encode_fragment(iso2.PMaxSchedule(p_max_schedule_entry=(entry,)), exi.Schema.ISO2)


def test_a_time_stamp_of_a_message_is_an_aware_moment():
    response = iso2.PaymentDetailsRes(
        response_code=iso2.ResponseCode.OK, gen_challenge=bytes(16), evse_time_stamp=1_795_228_414
    )
    read = exi.decode(exi.encode(wrap(response), "iso2_msgdef"), "iso2_msgdef").body.body_element
    assert read.evse_time_stamp.to_datetime().isoformat() == "2026-11-21T02:33:34+00:00"
