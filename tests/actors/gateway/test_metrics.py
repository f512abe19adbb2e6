"""The exposition for Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from actors.engine.messages import GetMetricsReply, TreeNode
from actors.gateway import metrics

TREE = TreeNode(
    name="site",
    kind="Site",
    state="Running",
    children=(
        TreeNode(
            name="evse_1",
            kind="EvseSupervisor",
            state="Backoff",
            restarts=3,
            uptime_s=1.5,
            metrics=GetMetricsReply(
                path="site/evse_1",
                received=7,
                handler_s=(1, 2, *[0] * 9),
                handler_total_s=0.5,
                counted={"cars": 2},
            ),
        ),
    ),
)


def samples(tree, evses=()):
    text = metrics.text(tree, evses).decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_actor_is_counted_under_its_path():
    found, evse = samples(TREE), ("actor", "site/evse_1")
    assert found["evsite_up",] == 1
    assert found["evsite_actor_up", ("actor", "site"), ("kind", "Site")] == 1
    assert found["evsite_actor_up", evse, ("kind", "EvseSupervisor")] == 0
    assert found["evsite_actor_restarts_total", evse] == 3
    assert found["evsite_actor_messages_received_total", evse] == 7
    assert found["evsite_actor_counted_total", evse, ("name", "cars")] == 2
    assert found["evsite_actor_handler_seconds_bucket", evse, ("le", "0.0005")] == 3
    assert found["evsite_actor_handler_seconds_count", evse] == 3
    assert found["evsite_actor_handler_seconds_sum", evse] == 0.5


def test_every_evse_tells_what_it_does():
    found = samples(
        TREE, [{"evse": 1, "available": True, "power_w": 11000.0, "session": {}, "soc_percent": None}]
    )
    assert found["evsite_evse_power_watts", ("evse", "1")] == 11000
    assert found["evsite_evse_available", ("evse", "1")] == 1
    assert found["evsite_evse_session", ("evse", "1")] == 1
    assert ("evsite_evse_soc_percent", ("evse", "1")) not in found


def test_a_site_that_does_not_answer_is_down():
    assert samples(None)["evsite_up",] == 0
