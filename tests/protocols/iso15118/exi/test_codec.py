from __future__ import annotations

import dataclasses
import random
import tracemalloc
from typing import Annotated

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols.iso15118 import app_protocol, exi, iso2, xmldsig
from protocols.iso15118.exi import runtime
from protocols.iso15118.exi.codec import Codec
from protocols.iso15118.exi.datatypes import Base64Binary, Binary, Integer, String, Text, UnsignedLong
from protocols.iso15118.exi.declare import Namespace, xml_type
from protocols.iso15118.exi.grammar import CHOICES_MOST, UNBOUNDED_MOST, SchemaGrammar
from protocols.iso15118.exi.schema import Schema, grammar_of
from tests.support.examples import few
from tests.support.exi_strategies import Maker, document_kinds, fragment_names, messages
from tests.support.exi_synthetic import (
    CODEC,
    Either,
    Foreign,
    Holder,
    Lists,
    Local,
    Square,
    Strict,
    Token,
    Tokens,
)
from tests.support.exi_vectors import FILES, of_type, vectors

PROPERTY = settings(
    few(25),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
HEADER = iso2.MessageHeader(session_id=bytes(8))


def v2g(body: iso2.BodyElement) -> iso2.V2gMessage:
    return iso2.V2gMessage(header=HEADER, body=iso2.Body(body_element=body))


def res(**changes: object) -> iso2.V2gMessage:
    values = {"response_code": iso2.ResponseCode.OK, "evse_id": "DE*ABC*E1", **changes}
    return v2g(iso2.SessionSetupRes(**values))


# -- vectors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_every_vector_decodes_to_its_message(file):
    wrong = [one.label for one in vectors(file) if exi.to_json(one.decode()) != one.row["message"]]
    assert not wrong


@pytest.mark.untraced
@pytest.mark.parametrize("file", FILES)
def test_every_vector_is_encoded_byte_for_byte(file):
    exact = [one for one in vectors(file) if not one.row.get("decode_only")]
    wrong = [one.label for one in exact if one.encode(one.message()) != one.data]
    assert exact
    assert not wrong


@pytest.mark.untraced
@pytest.mark.parametrize("file", FILES)
def test_every_vector_survives_decoding_and_encoding(file):
    for one in vectors(file):
        message = one.decode()
        again = one.encode(message)
        assert (exi.decode_fragment if one.fragment else exi.decode)(again, one.schema) == message
        if not one.row.get("decode_only"):
            assert again == one.data


def test_every_negative_vector_is_refused_with_its_place():
    for one in vectors("negative.jsonl"):
        with pytest.raises(exi.DecodeError) as caught:
            one.decode()
        assert 0 <= caught.value.bit_offset <= 8 * len(one.data)
        assert caught.value.byte_offset == caught.value.bit_offset // 8


def test_inputs_found_by_fuzzing_are_handled_right():
    for one in vectors("found.jsonl"):
        if "message" in one.row:
            assert exi.to_json(one.decode()) == one.row["message"]
        else:
            with pytest.raises(exi.DecodeError):
                one.decode()


# -- properties ------------------------------------------------------------------------------------------


@pytest.mark.untraced
@pytest.mark.parametrize("schema", list(Schema))
def test_random_messages_of_a_schema_round_trip(schema):
    @PROPERTY
    @given(messages(schema))
    def property_holds(message):
        data = exi.encode(message, schema)
        decoded = exi.decode_with_rest(data, schema)
        assert decoded.message == message
        assert decoded.trailing == b""
        assert decoded.zero_padding
        assert exi.encode(decoded.message, schema) == data

    property_holds()


@pytest.mark.untraced
@pytest.mark.parametrize("schema", list(Schema))
def test_every_type_of_a_schema_round_trips(schema):
    rng = random.Random(15118)
    maker = Maker(schema, rng)
    for kind in document_kinds(schema):
        for _ in range(8):
            message = maker.message(kind)
            assert exi.decode(exi.encode(message, schema), schema) == message


@pytest.mark.untraced
@pytest.mark.parametrize("schema", list(Schema))
def test_every_element_of_a_schema_round_trips_as_fragment(schema):
    maker = Maker(schema, random.Random(15118))
    for name, uri, kind in fragment_names(schema):
        fragment = exi.Fragment(name=name, element=maker.message(kind), namespace=uri)
        decoded = exi.decode_fragment(exi.encode_fragment(fragment, schema), schema)
        assert decoded == fragment
        assert decoded.namespace == uri


@pytest.mark.untraced
def test_lists_filled_to_their_limits_round_trip():
    maker = Maker(Schema.ISO20_COMMON, random.Random(3), long_lists=True)
    kinds = {kind.__name__: kind for kind in document_kinds(Schema.ISO20_COMMON)}
    longest = 0
    for _ in range(12):
        message = maker.message(kinds["ScheduleExchangeRes"])
        data = exi.encode(message, Schema.ISO20_COMMON)
        longest = max(longest, len(data))
        assert exi.decode(data, Schema.ISO20_COMMON) == message
    assert longest > 10_000


def test_shapes_that_real_schemas_lack_round_trip():
    maker = Maker(CODEC.grammar, random.Random(7), long_lists=True)
    for kind in CODEC.grammar.types:
        if kind in (Foreign, Local) or kind.__name__ == "Shape":
            continue
        for _ in range(150):
            message = maker.message(kind)
            assert CODEC.decode(CODEC.encode(message)).message == message


def test_a_prepared_codec_gives_the_same_bytes():
    codec = Codec(grammar_of(Schema.ISO2))
    codec.prepare()
    codec.prepare()
    one = of_type("iso2_msgdef.jsonl", "ChargeParameterDiscoveryRes")
    assert codec.encode(codec.decode(one.data).message) == one.data


def test_prepare_takes_a_schema_by_name():
    exi.prepare("app_protocol")
    message = app_protocol.SupportedAppProtocolRes(
        response_code=app_protocol.ResponseCode.FAILED_NO_NEGOTIATION
    )
    assert exi.encode(message, "app_protocol") == bytes.fromhex("804880")


# -- bad input -------------------------------------------------------------------------------------------


@pytest.mark.untraced
@pytest.mark.parametrize("schema", list(Schema))
def test_arbitrary_bytes_raise_nothing_but_decode_errors(schema):
    @few(100)
    @given(st.binary(max_size=200), st.booleans(), st.booleans())
    def property_holds(data, header, fragment):
        given_bytes = b"\x80" + data if header else data
        offset = 0
        try:
            (exi.decode_fragment if fragment else exi.decode)(given_bytes, schema)
        except exi.DecodeError as error:
            offset = error.bit_offset
        assert 0 <= offset <= 8 * len(given_bytes)

    property_holds()


@pytest.mark.untraced
@pytest.mark.parametrize("file", FILES)
def test_cut_and_flipped_vectors_raise_nothing_but_decode_errors(file):
    rng = random.Random(5)
    for one in rng.sample(vectors(file), min(40, len(vectors(file)))):
        for _ in range(12):
            data = bytearray(one.data[: rng.randint(0, len(one.data))] if rng.random() < 0.4 else one.data)
            for _ in range(rng.randint(0, 3)):
                if data:
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            try:
                decoded = (exi.decode_fragment if one.fragment else exi.decode)(bytes(data), one.schema)
            except exi.DecodeError:
                continue
            assert one.encode(decoded)


@pytest.mark.untraced
@pytest.mark.parametrize("file", FILES)
def test_a_message_without_its_last_byte_is_refused(file):
    for one in vectors(file):
        with pytest.raises(exi.DecodeError):
            (exi.decode_fragment if one.fragment else exi.decode)(one.data[:-1], one.schema)


def test_every_cut_of_a_message_is_refused_as_too_short():
    one = of_type("iso20_dc.jsonl", "DC_ChargeLoopRes")
    for length in range(1, len(one.data)):
        with pytest.raises(exi.DecodeError, match="ends") as caught:
            exi.decode(one.data[:length], one.schema)
        assert caught.value.byte_offset <= length


@pytest.mark.parametrize("header", [0x00, 0x90, 0xA0, 0x81, 0xFF, 0x24])
def test_every_header_byte_but_0x80_is_refused(header):
    data = bytes([header]) + of_type("iso2_msgdef.jsonl", "SessionStopReq").data[1:]
    with pytest.raises(exi.DecodeError, match="header byte") as caught:
        exi.decode(data, Schema.ISO2)
    assert caught.value.bit_offset == 0


def test_no_input_is_refused():
    with pytest.raises(exi.DecodeError, match="no input"):
        exi.decode(b"", Schema.ISO2)


def test_input_longer_than_any_message_is_refused_unseen():
    with pytest.raises(exi.DecodeError, match="more than any message"):
        exi.decode(b"\x80" + bytes(exi.MAX_BYTES), Schema.ISO2)


def test_a_header_alone_ends_too_early():
    with pytest.raises(exi.DecodeError, match="ends too early"):
        exi.decode(b"\x80", Schema.ISO20_AC)
    with pytest.raises(exi.DecodeError, match="ends too early"):
        exi.decode_fragment(b"\x80", Schema.ISO20_AC)


def test_an_unknown_root_element_is_refused():
    with pytest.raises(exi.DecodeError, match="no element of schema"):
        exi.decode(b"\x80\xff\xff", Schema.ISO2)
    with pytest.raises(exi.DecodeError, match="no element of schema"):
        exi.decode_fragment(b"\x80\xff\xff", Schema.ISO2)


def test_an_abstract_root_element_is_refused():
    code = next(root.code for root in grammar_of(Schema.ISO2).documents if root.name == "BodyElement")
    with pytest.raises(exi.DecodeError, match="BodyElement: this element cannot be the root"):
        exi.decode(bytes([0x80, code << 1, 0, 0]), Schema.ISO2)


def test_a_leaf_or_abstract_element_is_no_fragment():
    for name in ("BodyElement", "DigestValue"):
        code = next(root.code for root in grammar_of(Schema.ISO2).fragments if root.name == name)
        with pytest.raises(exi.DecodeError, match="cannot be a fragment"):
            exi.decode_fragment(bytes([0x80, code, 0, 0]), Schema.ISO2)


def test_an_abstract_head_inside_a_message_is_refused():
    # given the body element code of BodyElement itself (2 of 6 bits) behind header and session id
    bits = "10000000" + "1001100" + "0" + "0" + "0" + "00000000" + "0" + "10" + "0" + "000010"
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    with pytest.raises(exi.DecodeError, match="neither an event code") as caught:
        exi.decode(data, Schema.ISO2)
    assert caught.value.path.startswith("V2G_Message/Body")


def test_a_decode_error_names_place_and_path():
    # given a session setup response cut inside its EVSEID
    data = exi.encode(res(), Schema.ISO2)
    with pytest.raises(exi.DecodeError) as caught:
        exi.decode(data[:-4], Schema.ISO2)
    assert caught.value.path == "V2G_Message/Body/SessionSetupRes/EVSEID"
    assert caught.value.byte_offset == 14
    assert str(caught.value).startswith("byte 14 bit ")


def test_a_decode_error_counts_the_items_of_a_list():
    one = of_type("iso2_msgdef.jsonl", "ChargeParameterDiscoveryRes")
    with pytest.raises(exi.DecodeError) as caught:
        exi.decode(one.data[: len(one.data) // 2], Schema.ISO2)
    assert "SAScheduleTuple[" in caught.value.path
    assert "Entry[" in caught.value.path


def test_a_wrong_end_of_a_fragment_is_refused():
    data = bytearray(exi.encode_fragment(iso2.SessionStopReq(charging_session="Pause"), Schema.ISO2))
    data[-1] ^= 0x10
    with pytest.raises(exi.DecodeError, match="event code"):
        exi.decode_fragment(bytes(data), Schema.ISO2)


@pytest.mark.parametrize("length", [2**31, 2**34, 10**6])
def test_an_announced_length_allocates_nothing(length):
    # given an EVSEID whose length field promises far more than there is
    start = exi.encode(res(evse_id="A" * 7), Schema.ISO2)
    bits = format(int.from_bytes(start, "big"), "b")
    place = bits.index(format(9, "08b") + format(ord("A"), "08b"))
    octets = []
    while length >= 128:
        octets.append(format(length & 127 | 128, "08b"))
        length >>= 7
    bits = bits[:place] + "".join(octets) + format(length, "08b") + bits[place + 8 :]
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    tracemalloc.start()
    with pytest.raises(exi.DecodeError, match="length"):
        exi.decode(data, Schema.ISO2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000


def test_memory_stays_a_small_multiple_of_a_hostile_input():
    # given the densest list there is: DIN certificates of no bytes, without a limit on their number
    start = "10000000" + "1001101" + "0" + "0" + "0" + "00000000" + "0" + "10" + "0"
    code = next(
        state.codes[event.number]
        for grammar in [grammar_of(Schema.DIN).grammar(_din_body())]
        for state in [grammar.state()]
        for event in grammar.events
        if event.name == "PaymentDetailsReq"
    )
    width = grammar_of(Schema.DIN).grammar(_din_body()).state().width
    start += format(code, f"0{width}b") + "0" + "0" + "00000010" + "0"  # empty contract id
    start += "0" + "0" + "0" + "00000000" + "0" + "00" + "0"  # chain, empty certificate, sub-certificates
    bits = start + "0" + "00000000" + "0" + ("00" + "0" + "00000000" + "0") * 100_000
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    with pytest.raises(exi.DecodeError):
        exi.decode(data[:100], Schema.DIN)
    tracemalloc.start()
    with pytest.raises(exi.DecodeError):
        exi.decode(data, Schema.DIN)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 * len(data)


def _din_body():
    return next(kind for kind in grammar_of(Schema.DIN).types if kind.__name__ == "Body")


def test_facets_are_checked_when_decoding():
    # given two schemas of the same grammar, of which one has no limits
    loose = {"text": String, "data": Base64Binary, "number": UnsignedLong, "items": tuple[String, ...]}
    strict = {
        "text": Annotated[str, Text(low=2, high=3)],
        "data": Annotated[bytes, Binary(low=2, high=3)],
        "number": Annotated[int, Integer(2, 2**40)],
        "items": tuple[Annotated[str, Text(high=3)], ...],
    }
    makers = []
    for fields in (loose, strict):
        namespace = Namespace("urn:facets")
        kind = xml_type(namespace, element="All")(type("All", (), {"__annotations__": fields}))
        makers.append((kind, Codec(SchemaGrammar("facets", (namespace,)))))
    (make, writer), (_, reader) = makers
    good = {"text": "ab", "data": b"ab", "number": 2, "items": ("abc",)}
    assert reader.decode(writer.encode(make(**good))).message.items == ("abc",)
    for field, value in (
        ("text", "a"),
        ("text", ""),
        ("text", "abcd"),
        ("data", b"a"),
        ("data", b"abcd"),
        ("number", 1),
        ("number", 2**40 + 1),
        ("items", ("abc", "abcd")),
    ):
        with pytest.raises(exi.DecodeError, match="is not in") as caught:
            reader.decode(writer.encode(make(**{**good, field: value})))
        assert caught.value.path.startswith(f"All/{field.capitalize()}")


# -- what stands behind a message ------------------------------------------------------------------------


def test_trailing_bytes_are_ignored_and_reported():
    data = exi.encode(res(), Schema.ISO2)
    decoded = exi.decode_with_rest(data + b"\x01\x02", Schema.ISO2)
    assert decoded.message == res()
    assert decoded.trailing == b"\x01\x02"
    assert exi.decode(data + b"\xff", Schema.ISO2) == res()


def test_padding_other_than_zero_is_reported():
    data = exi.encode(res(), Schema.ISO2)
    decoded = exi.decode_with_rest(data[:-1] + bytes([data[-1] | 1]), Schema.ISO2)
    assert decoded.bits_used % 8
    assert not decoded.zero_padding


# -- bad messages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path", "problem"),
    [
        ({"evse_id": "short"}, "EVSEID", "length 5"),
        ({"evse_id": "x" * 38}, "EVSEID", "length 38"),
        ({"evse_id": b"DE*ABC*E1"}, "EVSEID", "is no text"),
        ({"evse_id": None}, "EVSEID", "is no text"),
        ({"evse_id": "DE*ABC*\ud800"}, "EVSEID", "is no character"),
        ({"response_code": "Nonsense"}, "ResponseCode", "is no ResponseCode"),
        ({"response_code": None}, "ResponseCode", "is no ResponseCode"),
        ({"response_code": []}, "ResponseCode", "wrong type"),
        ({"evse_time_stamp": 2**63}, "EVSETimeStamp", "not in"),
        ({"evse_time_stamp": "now"}, "EVSETimeStamp", "wrong type"),
        ({"evse_time_stamp": 1.5}, "EVSETimeStamp", "wrong type"),
    ],
)
def test_a_value_that_breaks_its_declaration_is_not_encoded(change, path, problem):
    with pytest.raises(exi.EncodeError, match=problem) as caught:
        exi.encode(res(**change), Schema.ISO2)
    assert caught.value.path == f"V2G_Message/Body/SessionSetupRes/{path}"


def test_a_wrong_class_in_a_place_is_not_encoded():
    with pytest.raises(exi.EncodeError, match="may stand here"):
        exi.encode(v2g(xmldsig.DigestMethod(algorithm="x")), Schema.ISO2)
    with pytest.raises(exi.EncodeError, match="is no MessageHeader") as caught:
        exi.encode(iso2.V2gMessage(header=None, body=iso2.Body()), Schema.ISO2)
    assert caught.value.path == "V2G_Message/Header"


def test_the_path_of_an_encode_error_counts_the_items_of_a_list():
    tuples = tuple(
        iso2.SelectedService(service_id=number, parameter_set_id=None) for number in (1, 2, 70_000)
    )
    request = iso2.PaymentServiceSelectionReq(
        selected_payment_option=iso2.PaymentOption.CONTRACT,
        selected_service_list=iso2.SelectedServiceList(selected_service=tuples),
    )
    with pytest.raises(exi.EncodeError) as caught:
        exi.encode(v2g(request), Schema.ISO2)
    assert caught.value.path.endswith("SelectedServiceList/SelectedService[2]/ServiceID")


@pytest.mark.parametrize("count", [0, 17])
def test_too_few_or_too_many_items_are_not_encoded(count):
    services = tuple(iso2.SelectedService(service_id=1) for _ in range(count))
    request = iso2.PaymentServiceSelectionReq(
        selected_payment_option=iso2.PaymentOption.CONTRACT,
        selected_service_list=iso2.SelectedServiceList(selected_service=services),
    )
    with pytest.raises(exi.EncodeError, match=f"{count} is not in 1..16"):
        exi.encode(v2g(request), Schema.ISO2)


def test_a_list_that_is_no_tuple_is_not_encoded():
    with pytest.raises(exi.EncodeError, match="is no tuple"):
        CODEC.encode(Lists(two_to_four=[1, 2], many=("x",), last=True))


@pytest.mark.parametrize("chosen", [{}, {"bool_value": True, "int_value": 1}])
def test_a_choice_with_none_or_two_is_not_encoded(chosen):
    bad = iso2.Parameter(name="x", **chosen)
    response = iso2.ServiceDetailRes(
        response_code=iso2.ResponseCode.OK,
        service_id=1,
        service_parameter_list=iso2.ServiceParameterList(
            parameter_set=(iso2.ParameterSet(parameter_set_id=1, parameter=(bad,)),)
        ),
    )
    with pytest.raises(exi.EncodeError, match="exactly one of"):
        exi.encode(v2g(response), Schema.ISO2)


def test_a_truth_value_must_be_one():
    response = iso2.DcEvStatus(ev_ready=1, ev_error_code=iso2.DcEvErrorCode.NO_ERROR, ev_ress_soc_percent=1)
    with pytest.raises(exi.EncodeError, match="truth value"):
        exi.encode(v2g(iso2.CableCheckReq(dc_ev_status=response)), Schema.ISO2)


def test_half_an_optional_sequence_is_not_encoded():
    half = xmldsig.DsaKeyValue(p=b"1", y=b"2")
    with pytest.raises(exi.EncodeError, match="only together: p, q"):
        exi.encode(half, Schema.XMLDSIG)


def test_an_element_that_must_not_be_empty_is_not_encoded_empty():
    with pytest.raises(exi.EncodeError, match="must not be empty"):
        CODEC.encode(Holder(here=Local(number=1), nothing=Either()))


def test_content_of_other_namespaces_is_refused_both_ways():
    with pytest.raises(exi.EncodeError, match="other namespaces"):
        CODEC.encode(Foreign(target="x"))
    head = next(root for root in CODEC.grammar.documents if root.name == "Foreign")
    bits = "10000000" + format(head.code, f"0{CODEC.grammar.document_width}b") + "0" + "00000011" + "01111000"
    data = int(bits.ljust(64, "0"), 2).to_bytes(8, "big")
    with pytest.raises(exi.DecodeError, match="other namespaces"):
        CODEC.decode(data)


@pytest.mark.parametrize("item", [Token(), Token(word="a", number=1), "a"])
def test_an_item_of_a_repeated_choice_sets_exactly_one_field(item):
    with pytest.raises(exi.EncodeError):
        CODEC.encode(Tokens(items=(item,)))


def test_a_message_of_another_schema_is_refused():
    with pytest.raises(exi.SchemaError, match="no document of schema"):
        exi.encode(iso2.SelectedService(service_id=1), Schema.ISO2)
    with pytest.raises(exi.SchemaError):
        exi.encode("text", Schema.ISO2)


def test_an_unknown_schema_is_refused():
    with pytest.raises(exi.SchemaError, match="there is no schema 'iso3'"):
        exi.decode(b"\x80", "iso3")


# -- fragments -------------------------------------------------------------------------------------------


def test_a_fragment_is_named_where_a_class_has_several_elements():
    chain = iso2.CertificateChain(certificate=b"DER", id="id1")
    with pytest.raises(exi.SchemaError, match="no single element"):
        exi.encode_fragment(chain, Schema.ISO2)
    one = exi.encode_fragment(chain, Schema.ISO2, name="ContractSignatureCertChain")
    two = exi.encode_fragment(chain, Schema.ISO2, name="SAProvisioningCertificateChain")
    assert one != two
    assert exi.decode_fragment(two, Schema.ISO2).name == "SAProvisioningCertificateChain"


def test_the_global_element_is_the_fragment_where_a_local_one_has_its_name():
    status = iso2.DcEvStatus(ev_ready=True, ev_error_code=iso2.DcEvErrorCode.NO_ERROR, ev_ress_soc_percent=50)
    decoded = exi.decode_fragment(exi.encode_fragment(status, Schema.ISO2), Schema.ISO2)
    assert decoded.namespace == "urn:iso:15118:2:2013:MsgDataTypes"


def test_an_invalid_element_is_no_fragment():
    with pytest.raises(exi.EncodeError, match="length 0") as caught:
        exi.encode_fragment(iso2.Emaid(id="id1", value=""), Schema.ISO2)
    assert caught.value.path == "eMAID"
    with pytest.raises(exi.EncodeError) as caught:
        exi.encode_fragment(iso2.SessionStopReq(charging_session="x"), Schema.ISO2)
    assert caught.value.path == "SessionStopReq/ChargingSession"


def test_an_empty_value_in_its_second_form_obeys_its_facets():
    square = exi.DecodeError
    head = next(root for root in CODEC.grammar.documents if root.name == "Strict")
    bits = "10000000" + format(head.code, f"0{CODEC.grammar.document_width}b") + "0" + "00000011" + "01111000"
    for tail, problem in (("1000", "length 0"), ("1001", "second-level"), ("10", "ends")):
        whole = bits + tail
        if problem == "ends":
            whole = whole[: len(whole) // 8 * 8]
        data = int(whole.ljust(-(-len(whole) // 8) * 8, "0"), 2).to_bytes(-(-len(whole) // 8), "big")
        with pytest.raises(square, match=problem):
            CODEC.decode(data)
    assert CODEC.decode(CODEC.encode(Strict(id="x", value="y"))).message.value == "y"
    assert CODEC.decode(CODEC.encode(Square(side=3))).message == Square(side=3)


def key_data(count: int) -> xmldsig.X509Data:
    return xmldsig.X509Data(items=(xmldsig.X509DataItem(x509_ski=b""),) * count)


def test_a_repeated_choice_ends_at_our_limit():
    data = exi.encode(key_data(CHOICES_MOST), Schema.XMLDSIG)
    assert exi.decode(data, Schema.XMLDSIG) == key_data(CHOICES_MOST)
    with pytest.raises(exi.EncodeError, match=r"X509Data.*129 is not in 1\.\.128"):
        exi.encode(key_data(CHOICES_MOST + 1), Schema.XMLDSIG)


def test_a_list_without_a_limit_ends_at_ours():
    method = xmldsig.Transform(algorithm="", xpath=("",) * UNBOUNDED_MOST)
    data = exi.encode(xmldsig.Transforms(transform=(method,)), Schema.XMLDSIG)
    assert exi.decode(data, Schema.XMLDSIG).transform == (method,)
    longer = dataclasses.replace(method, xpath=("",) * (UNBOUNDED_MOST + 1))
    with pytest.raises(exi.EncodeError, match=r"1025 is not in 0\.\.1024"):
        exi.encode(xmldsig.Transforms(transform=(longer,)), Schema.XMLDSIG)


def test_elements_of_seven_bits_cannot_fill_the_memory():
    # given key identifiers of no bytes in their shortest form, on and on behind the first
    head = exi.encode(key_data(1), Schema.XMLDSIG)
    start = format(int.from_bytes(head, "big"), "b")[:13]
    bits = start + "0011000" * 100_000
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    with pytest.raises(exi.DecodeError):
        exi.decode(data[:20], Schema.XMLDSIG)
    tracemalloc.start()
    with pytest.raises(exi.DecodeError, match="more than 128"):
        exi.decode(data, Schema.XMLDSIG)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * len(data)


def test_a_whole_number_has_the_same_limit_both_ways():
    longest = 2**runtime.MAX_BIG_NUMBER_BITS - 1
    for number in (longest, -longest, 2**159, -(2**159) - 1):
        serial = xmldsig.X509IssuerSerial(x509_issuer_name="", x509_serial_number=number)
        message = xmldsig.X509Data(items=(xmldsig.X509DataItem(x509_issuer_serial=serial),))
        assert exi.decode(exi.encode(message, Schema.XMLDSIG), Schema.XMLDSIG) == message
    too_long = xmldsig.X509IssuerSerial(x509_issuer_name="", x509_serial_number=longest + 1)
    with pytest.raises(exi.EncodeError, match="more than 3584 bits"):
        exi.encode(
            xmldsig.X509Data(items=(xmldsig.X509DataItem(x509_issuer_serial=too_long),)), Schema.XMLDSIG
        )
