"""The site's counts for Prometheus: every actor's of the tree, and what EVSEs do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.engine.metrics import BUCKETS_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from actors.engine.messages import GetMetricsReply, TreeNode

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
COUNTERS: Final = {
    "messages_received": ("messages that reached the actor", "received"),
    "messages_sent": ("messages it sent", "sent"),
    "messages_shed": ("messages given up because too much waited at the receiver", "shed"),
    "messages_dropped": ("messages told or published in vain", "dropped"),
}


def nodes(node: TreeNode, above: str = "") -> Iterator[tuple[str, TreeNode]]:
    """Every actor below and with this one, with its path."""
    path = f"{above}/{node.name}".lstrip("/")
    yield path, node
    for child in node.children:
        yield from nodes(child, path)


class _Given:
    """Families that were made already, as a collector."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """As prometheus_client wants it."""
        yield from self._families


def text(tree: TreeNode | None, evses: Sequence[Mapping[str, Any]]) -> bytes:
    """The exposition. `evses`: as the topic `site` has them; without a `tree` nobody has answered."""
    families: list[Metric] = [
        GaugeMetricFamily("evsite_up", "1 if the tree could be asked", value=float(tree is not None))
    ]
    if tree is not None:
        families += _of_tree(list(nodes(tree)))
    families += _of_evses(evses)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    return generate_latest(registry)


def _of_tree(actors: Sequence[tuple[str, TreeNode]]) -> list[Metric]:
    up = GaugeMetricFamily("evsite_actor_up", "1 while the actor runs", labels=("actor", "kind"))
    restarts = CounterMetricFamily("evsite_actor_restarts", "times it was replaced", labels=("actor",))
    uptime = GaugeMetricFamily("evsite_actor_uptime_seconds", "since its last start", labels=("actor",))
    counters = {
        name: CounterMetricFamily(f"evsite_actor_{name}", meaning, labels=("actor",))
        for name, (meaning, _field) in COUNTERS.items()
    }
    counted = CounterMetricFamily(
        "evsite_actor_counted", "what it counts by names of its own", labels=("actor", "name")
    )
    handlers = Metric("evsite_actor_handler_seconds", "how long handlers took", "histogram")
    for path, node in actors:
        up.add_metric((path, node.kind), float(node.state == "Running"))
        restarts.add_metric((path,), node.restarts)
        uptime.add_metric((path,), node.uptime_s)
        if node.metrics is None:
            continue
        for name, (_meaning, field) in COUNTERS.items():
            counters[name].add_metric((path,), getattr(node.metrics, field))
        for name, value in node.metrics.counted.items():
            counted.add_metric((path, name), value)
        _histogram(handlers, path, node.metrics)
    return [up, restarts, uptime, *counters.values(), counted, handlers]


def _histogram(family: Metric, path: str, counted: GetMetricsReply) -> None:
    so_far = 0
    for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), counted.handler_s, strict=True):
        so_far += count
        family.add_sample(f"{family.name}_bucket", {"actor": path, "le": bound}, so_far)
    family.add_sample(f"{family.name}_count", {"actor": path}, so_far)
    family.add_sample(f"{family.name}_sum", {"actor": path}, counted.handler_total_s)


EVSE_GAUGES: Final = {
    "power_w": ("evsite_evse_power_watts", "power to the car"),
    "energy_wh": ("evsite_evse_session_energy_wh", "energy of the session"),
    "soc_percent": ("evsite_evse_soc_percent", "state of charge of the car"),
    "offered_w": ("evsite_evse_offered_watts", "power that the car may take"),
}


def _of_evses(evses: Sequence[Mapping[str, Any]]) -> list[Metric]:
    available = GaugeMetricFamily("evsite_evse_available", "1 if the EVSE may be used", labels=("evse",))
    session = GaugeMetricFamily("evsite_evse_session", "1 while there is a session", labels=("evse",))
    values = {
        field: GaugeMetricFamily(name, meaning, labels=("evse",))
        for field, (name, meaning) in EVSE_GAUGES.items()
    }
    for each in evses:
        label = (str(each["evse"]),)
        available.add_metric(label, float(bool(each.get("available"))))
        session.add_metric(label, float(each.get("session") is not None))
        for field, family in values.items():
            if isinstance(value := each.get(field), int | float):
                family.add_metric(label, value)
    return [available, session, *values.values()]
