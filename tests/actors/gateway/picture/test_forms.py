"""The forms of the topics, as JSON and as a schema."""

import json

import pytest

from actors.gateway.method import adapter
from actors.gateway.picture import forms
from actors.gateway.picture.forms import News, as_json
from tests.support.gateway_data import T0, play

TOPICS = {"site": forms.Site, "errors": forms.Errors}


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_told_is_json_and_can_be_read_again(topic):
    told = play(60).picture.snapshot(topic)

    again = adapter(TOPICS[topic]).validate_json(json.dumps(told))
    assert as_json(again) == told


def test_times_are_said_in_utc():
    assert as_json(forms.Step(step=1, title="x", at=T0))["at"] == "2026-11-21T12:00:00Z"


def test_news_are_made_once_and_only_when_somebody_looks():
    made = []
    news = News("site", lambda: made.append(1) or {"ready": True})
    assert not made

    assert news.data == news.data == {"ready": True}
    assert made == [1]
