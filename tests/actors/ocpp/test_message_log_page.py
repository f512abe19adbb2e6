"""The page is whole after every entry, and nothing that came over the wire is more than text in it."""

from html.parser import HTMLParser

import pytest

from actors.ocpp import message_log_page as page

NASTY = "</pre></details><script>alert(1)</script><img src=x onerror='a'>&amp;\"'"
VOID = {"meta", "!doctype"}
OMITTED = {"html", "body"}
"""Whose end tags HTML lets be left out."""


class Reader(HTMLParser):
    """Finds what stands in a page; complains of what is not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))


def entries(count):
    return [
        page.entry(f"{NASTY}{n}", NASTY, NASTY, sent=n % 2 == 0, refusal=n % 3 == 0, whole=NASTY)
        for n in range(count)
    ]


@pytest.mark.parametrize("count", range(4))
def test_the_page_is_whole_after_every_entry(count):
    reader = Reader(page.HEAD + "".join(entries(count)) + page.gap("12:00", 7))
    assert set(reader.open) == OMITTED


def test_what_came_over_the_wire_is_text_and_nothing_else():
    reader = Reader(page.HEAD + "".join(entries(3)))

    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "img", "a", "link", "iframe"}
    assert all(name == "class" for tag, given in reader.tags[-15:] for name in given if tag != "meta")
    assert [data for where, data in reader.texts if where == "pre"] == [NASTY] * 3
    assert [data for where, data in reader.texts if where == "b"] == [NASTY] * 3


@pytest.mark.parametrize(
    ("sent", "refusal", "classes", "way"),
    [
        (True, False, "sent", "station \u2192 CSMS"),
        (False, False, "received", "CSMS \u2192 station"),
        (True, True, "sent refusal", "station \u2192 CSMS"),
    ],
)
def test_an_entry_shows_its_way_and_whether_it_refuses(sent, refusal, classes, way):
    reader = Reader(page.entry("12:00", "Heartbeat", "[...]", sent=sent, refusal=refusal, whole="[\n]"))

    assert reader.tags[0] == ("details", {"class": classes})
    assert way in [data for _, data in reader.texts]


def test_a_line_holds_the_beginning_of_a_message_only():
    reader = Reader(page.entry("12:00", "A", "x" * 1000, sent=True, refusal=False, whole="y"))
    assert ("span", "x" * page.PREVIEW) in reader.texts


def test_the_page_forbids_scripts_and_whatever_is_elsewhere():
    policies = [given for tag, given in Reader(page.HEAD).tags if tag == "meta" and "http-equiv" in given]
    assert [each["content"] for each in policies] == ["default-src 'none'; style-src 'unsafe-inline'"]
