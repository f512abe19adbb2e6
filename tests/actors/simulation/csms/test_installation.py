"""A provisioning service gives a car its contract, in both editions, or says why it does not."""

import dataclasses

import pytest

from actors.simulation.csms.installation import NoContractError, install
from certs.keys import KeyKind
from certs.names import common_name
from protocols.iso15118 import exi, iso2
from tests.support.certificates import NOW, world
from tests.support.csms_cars import (
    EMAID,
    ISO2,
    ISO20,
    PCID,
    SESSION,
    asks_iso2,
    asks_iso20,
    opened_iso2,
    opened_iso20,
)
from tests.support.csms_stage import authority

OTHER = exi.encode(
    iso2.V2gMessage(
        header=iso2.MessageHeader(session_id=SESSION),
        body=iso2.Body(body_element=iso2.AuthorizationReq()),
    ),
    exi.Schema.ISO2,
)


def ready(_pcid):
    """The contract that the PKI came with."""


def refused(request, namespace=ISO2, emaid_of=ready, made=None):
    with pytest.raises(NoContractError) as found:
        install(request, namespace, made or authority(), emaid_of, NOW)
    return str(found.value)


def test_a_car_opens_its_contract_of_edition_two():
    contract, key, message = opened_iso2(install(asks_iso2(), ISO2, authority(), ready, NOW))

    assert contract == world()["MO_LEAF"].certificate
    assert key.private_numbers() == world()["MO_LEAF"].key.private_numbers()
    assert message.header.session_id == SESSION
    assert message.body.body_element.emaid.value == EMAID


def test_a_car_opens_its_contract_of_edition_twenty():
    contract, key, message = opened_iso20(install(asks_iso20(), ISO20, authority(), ready, NOW))

    assert contract == world()["MO_LEAF_20"].certificate
    assert key.private_numbers() == world()["MO_LEAF_20"].key.private_numbers()
    assert message.remaining_contract_certificate_chains == 0


@pytest.mark.parametrize("namespace", [ISO2, ISO20])
def test_the_script_may_name_another_contract(namespace):
    asked = []
    made = authority()

    def emaid_of(pcid):
        asked.append(pcid)
        return "DE8EVSC0000002Y"

    ask, opened = (asks_iso20, opened_iso20) if namespace == ISO20 else (asks_iso2, opened_iso2)
    first, _, _ = opened(install(ask(), namespace, made, emaid_of, NOW))
    second, _, _ = opened(install(ask(), namespace, made, emaid_of, NOW))

    assert asked == [PCID, PCID]
    assert common_name(first) == "DE8EVSC0000002Y"
    assert first == second


def test_a_contract_is_renewed_for_its_own_name():
    answer = install(asks_iso2(update=True), ISO2, authority(), ready, NOW)

    contract, _, message = opened_iso2(answer, world()["MO_LEAF"])

    assert isinstance(message.body.body_element, iso2.CertificateUpdateRes)
    assert common_name(contract) == EMAID


def test_an_edwards_key_of_a_contract_travels_too():
    # given: a PKI of ISO 15118-20 whose contracts have Ed448 keys, and a car with a P-521 key of another
    edwards = authority()
    theirs = world(KeyKind.ED448).identities
    mixed = {
        **edwards.identities,
        "MO_SUB_CA2_20": theirs["MO_SUB_CA2_20"],
        "CPS_LEAF_20": theirs["CPS_LEAF_20"],
    }
    made = dataclasses.replace(edwards, identities=mixed)

    # when
    contract, key, message = opened_iso20(
        install(asks_iso20(), ISO20, made, lambda _: "DE8EVSC0000003Z", NOW)
    )

    # then
    assert message.signed_installation_data.x448_encrypted_private_key
    assert key.public_key() == contract.public_key()


def test_an_edwards_certificate_has_no_key_to_seal_for():
    theirs = world(KeyKind.ED448)
    made = dataclasses.replace(authority(), identities=theirs.identities, lists=())

    assert "no key that a contract can be sealed for" in refused(
        asks_iso20(theirs["OEM_LEAF_20"]), ISO20, made=made
    )


def test_a_car_without_a_contract_is_refused():
    def none(pcid):
        raise KeyError(pcid)

    assert refused(asks_iso2(), emaid_of=none) == "no contract for this car"


@pytest.mark.parametrize(
    ("request_", "namespace", "why"),
    [
        (asks_iso2(signer=world()["MO_LEAF"]), ISO2, "signature"),
        (asks_iso20(signer=world()["MO_LEAF_20"]), ISO20, "signature"),
        (asks_iso2(world()["SECC_LEAF"]), ISO2, "the car's certificate"),
        (asks_iso20(world()["SECC_LEAF_20"]), ISO20, "the car's certificate"),
        (b"\x80\x98", ISO2, "cannot be read"),
        (b"", ISO20, "cannot be read"),
        (asks_iso2(), ISO20, "cannot be read"),
        (
            OTHER,
            ISO2,
            "no request for a certificate",
        ),
    ],
    ids=["signer 2", "signer 20", "profile 2", "profile 20", "cut", "empty", "edition", "other message"],
)  # fmt: skip
def test_what_is_wrong_with_a_request_is_told(request_, namespace, why):
    assert why in refused(request_, namespace)


def test_damage_anywhere_in_a_request_is_told_as_such():
    request, made = asks_iso2(), authority()

    for place in range(0, len(request), 61):
        damaged = bytearray(request)
        damaged[place] ^= 0x55
        assert refused(bytes(damaged), made=made)
