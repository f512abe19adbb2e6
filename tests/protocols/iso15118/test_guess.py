import contextlib
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118 import exi, guess
from tests.support import signed_messages as messages


@pytest.mark.parametrize("name", messages.ISO2_BODIES)
def test_a_minus2_message_is_recognised(name):
    message = messages.iso2_message(name)
    found = guess.guess(exi.encode(message, "iso2_msgdef"))
    assert (found.schema, found.message) == ("iso2_msgdef", message)


@pytest.mark.parametrize("name", messages.ISO20_BODIES)
def test_a_minus20_message_is_recognised(name):
    message = messages.iso20_message(name)
    found = guess.guess(exi.encode(message, "iso20_common"))
    assert (found.schema, found.message, found.certain) == ("iso20_common", message, True)


def test_supported_app_protocol_is_recognised():
    data = bytes.fromhex("8000dbab9371d3234b71d1b981899189d191818991d26b9b3a232b30020000040040")
    assert guess.guess(data).schema == "app_protocol"


def test_a_signed_info_is_recognised_as_a_fragment():
    signed = guess.from_json(
        {
            "SignedInfo": {
                "CanonicalizationMethod": {"Algorithm": "http://www.w3.org/TR/canonical-exi/"},
                "SignatureMethod": {"Algorithm": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"},
                "Reference": [{"URI": "#a", "DigestMethod": {"Algorithm": "x:y"}, "DigestValue": "AAAA"}],
            }
        },
        "xmldsig/fragment",
    )
    found = guess.guess(guess.encode(signed, "xmldsig/fragment"))
    assert (found.schema, found.certain) == ("xmldsig/fragment", True)


def test_runners_up_are_named_when_several_fit():
    data = exi.encode(messages.iso2_message("ChargingStatusReq", {}), "iso2_msgdef")
    found = guess.guess(data, ["iso20_common", "iso2_msgdef", "iso2_msgdef"])
    assert found.schema == "iso2_msgdef"
    assert not found.certain
    assert "iso2_msgdef" in found.alternatives


def test_bytes_behind_a_message_make_it_uncertain():
    data = exi.encode(messages.iso2_message("ChargingStatusReq", {}), "iso2_msgdef")
    assert guess.guess(data, ["iso2_msgdef"]).certain
    assert not guess.guess(data + b"\0", ["iso2_msgdef"]).certain


def test_bytes_that_fit_nothing_say_why_for_each():
    with pytest.raises(guess.UnknownMessageError) as caught:
        guess.guess(b"\x80\xff\xff\xff")
    assert set(caught.value.reasons) == set(guess.CANDIDATES)
    assert str(guess.UnknownMessageError({})) == "no candidates"
    assert pickle.loads(pickle.dumps(caught.value)).reasons == caught.value.reasons


def test_a_name_without_suffix_asks_for_the_document():
    tree = exi.to_json(messages.iso2_message("ChargingStatusReq", {}))
    assert guess.from_json(tree, "iso2_msgdef") == messages.iso2_message("ChargingStatusReq", {})


def test_the_schema_that_could_be_followed_furthest_comes_first():
    data = exi.encode(messages.iso2_message("AuthorizationReq"), "iso2_msgdef")[:-1]
    with pytest.raises(guess.UnknownMessageError, match=r"^iso2_msgdef: ") as caught:
        guess.guess(data, ["app_protocol", "iso2_msgdef"])
    assert list(caught.value.reasons) == ["iso2_msgdef", "app_protocol"]


def test_the_suffix_asks_for_the_fragment():
    message = guess.from_json({"AuthorizationReq": {"Id": "ID1"}}, "iso2_msgdef/fragment")
    data = guess.encode(message, "iso2_msgdef/fragment")
    assert guess.decode(data, "iso2_msgdef/fragment").element == message.element
    with pytest.raises(exi.ExiError):
        guess.decode(data, "iso2_msgdef")


@pytest.mark.untraced
@settings(derandomize=True)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"\x80" + tail))
def test_random_bytes_raise_only_the_documented_error(data):
    with contextlib.suppress(guess.UnknownMessageError):
        assert guess.guess(data).schema in guess.CANDIDATES
