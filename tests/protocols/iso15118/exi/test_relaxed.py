import pytest

from protocols.iso15118 import exi, iso2
from protocols.iso15118.exi import relaxed
from protocols.iso15118.exi.codec import Codec
from protocols.iso15118.exi.datatypes import String, UnsignedByte
from protocols.iso15118.exi.declare import Namespace, attribute, content, xml_type
from protocols.iso15118.exi.grammar import SchemaGrammar
from protocols.iso15118.exi.runtime import Fault
from protocols.iso15118.exi.schema import Schema

EMAID = iso2.Emaid(id="id1", value="DE8AA1A2B3C4D5")
NS = Namespace("urn:relaxed-test")


@xml_type(NS)
class Note:
    """Text with attributes, under a name that is a number elsewhere."""

    id: String | None = attribute(default=None)
    lang: String | None = attribute(default=None)
    value: String = content()


@xml_type(NS, element="One")
class One:
    note: Note


@xml_type(NS, element="Two")
class Two:
    note: UnsignedByte
    thing: UnsignedByte


@xml_type(NS, element="Three")
class Three:
    thing: One


GRAMMAR = SchemaGrammar("relaxed", (NS,))
CODEC = Codec(GRAMMAR)


def read(bits: str):
    root = next(one for one in GRAMMAR.fragments if one.name == "Note")
    return relaxed.read(GRAMMAR, root, bits, 0)


def codes():
    """Widths and codes of the relaxed grammar with two attributes and five names."""
    assert len(GRAMMAR.attributes) == 2
    assert len(GRAMMAR.fragments) == 5
    return {"id": "0000", "lang": "0001", "any": "0010", "end": "1001", "text": "1010", "after": "0110"}


TEXT = "00000011" + "01100001"


def test_the_contract_id_fragment_round_trips():
    data = exi.encode_fragment(EMAID, Schema.ISO2)
    assert exi.decode_fragment(data, Schema.ISO2).element == EMAID


@pytest.mark.parametrize("note", [Note(value="a"), Note(id="x", value=""), Note(id="x", lang="y", value="b")])
def test_every_set_of_attributes_round_trips(note):
    fragment = exi.Fragment(name="Note", element=note, namespace="urn:relaxed-test")
    assert CODEC.decode_fragment(CODEC.encode_fragment(fragment, None)).message == fragment


def test_attributes_are_accepted_in_any_order():
    made, _ = read(codes()["lang"] + TEXT + codes()["id"] + TEXT + codes()["text"] + TEXT + codes()["after"])
    assert made == Note(id="a", lang="a", value="a")


def test_an_attribute_twice_is_refused():
    with pytest.raises(Fault, match="Id twice"):
        read(codes()["id"] + TEXT + codes()["id"] + TEXT)


def test_an_element_may_end_without_text_where_text_may_be_empty():
    made, p = read(codes()["end"])
    assert (made, p) == (Note(value=""), 4)


def test_other_events_than_attributes_and_text_are_refused():
    with pytest.raises(Fault, match="only text may stand"):
        read(codes()["any"])


def test_content_behind_the_text_is_refused():
    with pytest.raises(Fault, match="content behind"):
        read(codes()["text"] + TEXT + "0000")


def test_a_missing_attribute_that_is_required_is_refused():
    # given an eMAID without Id: text at once, code 256 of 9 bits
    text = "".join(format(ord(one), "08b") for one in EMAID.value)
    bits = (
        "10000000" + format(236, "08b") + format(256, "09b") + format(16, "08b") + text + format(244, "08b")
    )
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    with pytest.raises(exi.DecodeError, match="eMAID: attribute Id is missing"):
        exi.decode_fragment(data, Schema.ISO2)


def test_an_element_that_must_have_text_may_not_end_without():
    bits = "10000000" + format(236, "08b") + format(4, "09b") + TEXT + format(255, "09b")
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    with pytest.raises(exi.DecodeError, match="eMAID: event code 255"):
        exi.decode_fragment(data, Schema.ISO2)


def test_a_name_with_several_types_and_no_text_is_refused():
    root = next(one for one in GRAMMAR.fragments if one.name == "Thing")
    with pytest.raises(Fault, match="none is text"):
        relaxed.read(GRAMMAR, root, "0" * 64, 0)
