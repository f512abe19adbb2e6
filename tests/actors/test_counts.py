"""What actors have counted, as people and programs see it."""

import json
import math

import pytest

from actors.counts import as_json, as_text, at_most_s
from actors.engine.messages import GetMetricsReply, GetTreeReply, TreeNode
from actors.engine.metrics import BUCKETS_S

NOTHING = (0,) * (len(BUCKETS_S) + 1)


def counts(**by_bound):
    """So many messages in the buckets with these bounds in milliseconds (`ms5=3`); `over` for the last."""
    bounds = [*(f"ms{bound * 1e3:g}".replace(".", "_") for bound in BUCKETS_S), "over"]
    return tuple(by_bound.get(bound, 0) for bound in bounds)


AUTH = GetMetricsReply(
    path="site/auth", received=100, sent=7, handler_s=counts(ms1=98, ms50=2), handler_total_s=0.125,
    mailbox_s=counts(ms0_1=99, over=1), refused={"forged": 2, "replayed": 1},
    counted={"tls_failed": 3, "car_refused": 1},
)  # fmt: skip
TREE = TreeNode(
    name="site", kind="Site", state="Running", pid=1, metrics=GetMetricsReply(path="site", handler_s=NOTHING),
    children=(
        TreeNode(name="auth", kind="AuthActor", state="Running", pid=2, restarts=3, metrics=AUTH),
        TreeNode(name="mute", kind="MuteActor", state="Running", pid=3),
        TreeNode(name="down", kind="DownActor", state="Failed"),
    ),
)  # fmt: skip
REPLY = GetTreeReply(node=TREE, admin=GetMetricsReply(path="admin", refused={"forged": 4}))


@pytest.mark.parametrize(
    ("given", "share", "expected"),
    [
        (NOTHING, 0.5, None),
        ((), 0.99, None),
        (counts(ms1=1), 0.5, 0.001),
        (counts(ms1=1, ms5=1), 0.5, 0.001),
        (counts(ms1=1, ms5=1), 0.51, 0.005),
        (counts(ms1=99, ms5=1), 0.99, 0.001),
        (counts(ms1=98, ms5=2), 0.99, 0.005),
        (counts(over=1), 0.5, math.inf),
        (counts(ms1=5), 0.0, 0.001),
    ],
)
def test_a_percentile_is_the_bound_of_its_bucket(given, share, expected):
    assert at_most_s(given, share) == expected


def test_json_tells_each_actor_with_its_counts():
    told = as_json(REPLY)

    site, auth = told["actors"]
    assert (site["actor"], auth["actor"]) == ("site", "site/auth")
    assert (auth["restarts"], auth["received"], auth["sent"]) == (3, 100, 7)
    assert (auth["handler_p50_s"], auth["handler_p99_s"]) == (0.001, 0.05)
    assert auth["handler_total_s"] == 0.125
    assert (auth["mailbox_p50_s"], auth["mailbox_p99_s"]) == (0.0001, 0.0001)
    assert auth["mailbox_counts"] == list(AUTH.mailbox_s)
    assert auth["refused"] == {"forged": 2, "replayed": 1}
    assert auth["counted"] == {"tls_failed": 3, "car_refused": 1}
    assert site["handler_p50_s"] is None
    assert json.loads(json.dumps(told)) == told


def test_json_tells_who_was_silent_and_what_the_admin_refused():
    told = as_json(REPLY)

    assert told["silent"] == ["site/mute"]
    assert told["admin_refused"] == {"forged": 4}
    assert as_json(GetTreeReply(node=TREE))["admin_refused"] == {}


def test_what_is_above_all_buckets_is_null_in_json():
    slow = GetMetricsReply(path="site", handler_s=counts(over=1))
    node = TreeNode(name="site", kind="Site", state="Running", pid=1, metrics=slow)

    (told,) = as_json(GetTreeReply(node=node))["actors"]
    assert told["handler_p99_s"] is None
    assert told["handler_counts"][-1] == 1
    assert "> 5 s" in as_text(GetTreeReply(node=node))


def test_text_has_one_actor_a_line_and_dashes_for_the_silent():
    lines = as_text(REPLY).splitlines()

    assert lines[0].split()[:4] == ["actor", "restarts", "in", "out"]
    told = "site/auth 3 100 7 <= 1 ms <= 50 ms <= 0.1 ms <= 0.1 ms 3"
    assert lines[2].split() == told.split()
    assert lines[3].split() == ["site/mute", "0", *("-" * 7)]
    assert lines[-2:] == [
        "frames the admin has refused: 4 forged",
        "site/auth: 1 car_refused, 3 tls_failed",
    ]
    assert "refused: none\n" in as_text(GetTreeReply(node=TREE))


def test_a_second_or_more_is_told_in_seconds():
    slow = GetMetricsReply(path="site", handler_s=counts(ms1000=1))

    assert "<= 1 s" in as_text(GetTreeReply(node=TreeNode(name="s", kind="S", state="Running", metrics=slow)))
