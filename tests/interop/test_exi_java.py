from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from protocols.iso15118 import exi
from protocols.iso15118.exi.schema import Schema
from tests.interop import exi_java
from tests.support.exi_strategies import document_kinds, fragment_names
from tests.support.exi_vectors import of_type
from tests.support.exi_xml import element_of, same, to_xml


def test_without_java_the_run_says_so_and_is_skipped(monkeypatch, tmp_path):
    monkeypatch.setattr(exi_java.shutil, "which", lambda _: None)
    with pytest.raises(exi_java.SkippedError, match="no Java runtime"):
        exi_java.environment(tmp_path)


def test_a_run_starts_with_every_type_once():
    every = sum(len(document_kinds(schema)) + len(fragment_names(schema)) for schema in Schema)
    drawn = list(exi_java.samples(every + 10, seed=1))
    assert len({(one.schema, one.fragment, one.name, one.uri) for one in drawn[:every]}) == every
    assert len(drawn) == every + 10


def test_equal_seeds_draw_equal_messages():
    assert list(exi_java.samples(50, seed=4)) == list(exi_java.samples(50, seed=4))


def test_a_message_is_written_as_the_xml_of_its_schema():
    message = of_type("iso2_msgdef.jsonl", "SessionStopReq").decode()
    text = to_xml(message, "V2G_Message", "urn:iso:15118:2:2013:MsgDef")
    tree = ET.fromstring(text)
    assert tree.tag == "{urn:iso:15118:2:2013:MsgDef}V2G_Message"
    assert next(tree.iter("{urn:iso:15118:2:2013:MsgBody}ChargingSession")).text in ("Terminate", "Pause")
    assert same(tree, element_of(message, "V2G_Message", "urn:iso:15118:2:2013:MsgDef"))


def test_a_difference_between_two_trees_is_seen():
    one, two = ET.fromstring("<a><b>1</b></a>"), ET.fromstring("<a><b>2</b></a>")
    assert same(one, ET.fromstring("<a>\n <b> 1 </b></a>"))
    assert not same(one, two)
    assert not same(one, ET.fromstring("<a/>"))


class Echo:
    """Stands where Java would: answers with fixed bytes and fixed XML."""

    def __init__(self, data: str, xml: str) -> None:
        self.replies = {"encode": {"hex": data}, "decode": {"xml": xml}}

    def ask(self, **request: object) -> dict:
        return self.replies[str(request["op"])]


def test_a_peer_that_says_something_else_is_reported():
    sample = next(one for one in exi_java.samples(2, seed=1) if one.schema is Schema.APP_PROTOCOL)
    ours = exi.encode(sample.message, sample.schema)
    xml = to_xml(sample.message, sample.name, sample.uri)
    assert exi_java.differences(Echo(ours.hex(), xml), sample) == []
    exact = sample._replace(exact=True)
    found = exi_java.differences(Echo("80", "<other/>"), exact)
    assert [problem.split(":")[0].split(" as ")[0] for problem in found] == [
        "encode",
        "Java reads ours",
        "we do not read theirs",
    ]
