from actors.v2g.link.handshake_facts import facts_of
from certs.tls import Edition
from tests.support.tls import NOW, car, meet, secc, station


def test_a_handshake_of_the_newer_edition_is_told_in_detail():
    _client, server = meet(context=car(Edition.ISO20))

    facts = facts_of(server)

    assert facts["state"] == "OPEN"
    assert (facts["offered_versions"], facts["offered_suites"]) == ("0304", "1302 1303")
    assert facts["edition"] == "ISO 15118-20"
    assert facts["suite"] == "TLS_AES_256_GCM_SHA384"
    assert "CN=" in facts["shown"]
    assert "CN=" in facts["vehicle"]
    assert facts["stapled"] is True
    assert "failure" not in facts


def test_a_car_of_the_older_edition_shows_no_certificate():
    facts = facts_of(meet()[1])

    assert facts["offered_versions"] == "0303"
    assert facts["names_authorities"] is True
    assert "vehicle" not in facts


def test_a_handshake_that_failed_is_told_with_its_alert():
    _client, server = meet(station(secc()), car(Edition.ISO20))

    facts = facts_of(server)

    assert (facts["state"], facts["alert"]) == ("FAILED", "protocol_version")
    assert "no version" in facts["failure"]
    assert "edition" not in facts


def test_a_car_that_has_said_nothing_has_offered_nothing():
    assert facts_of(station().accept(now=NOW)) == {"state": "HELLO"}


def test_a_car_that_parts_without_an_alert_leaves_none():
    server = station().accept(now=NOW)
    server.receive_data(b"")

    assert facts_of(server)["alert"] is None
