"""What the actors of a running site have counted, for people and for programs.

Times are known by buckets: a percentile is told as the upper bound of the bucket it falls into.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from actors.engine.metrics import BUCKETS_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from actors.engine.messages import GetTreeReply, TreeNode

HEAD = ("actor", "restarts", "in", "out", "handler p50", "p99", "mailbox p50", "p99", "refused")


def at_most_s(counts: Sequence[int], share: float) -> float | None:
    """Seconds within which that share of the messages lies; infinite above all buckets, None without any."""
    total = sum(counts)
    if not total:
        return None
    needed = max(1, math.ceil(share * total))
    bounds = (*BUCKETS_S, math.inf)
    return next(
        bound for bound, up_to in zip(bounds, itertools.accumulate(counts), strict=True) if up_to >= needed
    )


def as_json(reply: GetTreeReply) -> dict[str, Any]:
    """One object per actor that has answered, and what the admin has refused.

    A percentile is null where nothing was counted, or above all buckets; `*_counts` tell those apart.
    """
    return {
        "buckets_s": list(BUCKETS_S),
        "actors": [_actor(path, node) for path, node in _walk(reply.node) if node.metrics],
        "silent": [path for path, node in _walk(reply.node) if node.pid and not node.metrics],
        "admin_refused": dict(reply.admin.refused) if reply.admin else {},
    }


def _actor(path: str, node: TreeNode) -> dict[str, Any]:
    told = node.metrics
    assert told is not None
    return {
        "actor": path,
        "restarts": node.restarts,
        "received": told.received,
        "sent": told.sent,
        **_times("handler", told.handler_s, told.handler_total_s),
        **_times("mailbox", told.mailbox_s, told.mailbox_total_s),
        "refused": dict(told.refused),
        "counted": dict(told.counted),
    }


def _times(what: str, counts: Sequence[int], total_s: float) -> dict[str, Any]:
    def finite(seconds: float | None) -> float | None:
        return None if seconds == math.inf else seconds

    return {
        f"{what}_p50_s": finite(at_most_s(counts, 0.5)),
        f"{what}_p99_s": finite(at_most_s(counts, 0.99)),
        f"{what}_total_s": round(total_s, 6),
        f"{what}_counts": list(counts),
    }


def _walk(node: TreeNode, lead: str = "") -> Iterator[tuple[str, TreeNode]]:
    path = f"{lead}{node.name}"
    yield path, node
    for child in node.children:
        yield from _walk(child, f"{path}/")


def as_text(reply: GetTreeReply) -> str:
    """One actor a line, columns aligned; who has not answered in time has dashes."""
    lines = [HEAD, *(_line(path, node) for path, node in _walk(reply.node))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = [
        "  ".join(
            field.ljust(width) if column == 0 else field.rjust(width)
            for column, (field, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    refused = reply.admin.refused if reply.admin else {}
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(refused.items())) or "none"
    own = [f"{path}: {_own(node)}" for path, node in _walk(reply.node) if _own(node)]
    return "\n".join([*text, f"frames the admin has refused: {told}", *own])


def _own(node: TreeNode) -> str:
    """What an actor counts by names of its own."""
    counted = node.metrics.counted if node.metrics else {}
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))


def _line(path: str, node: TreeNode) -> tuple[str, ...]:
    told = node.metrics
    if told is None:
        return (path, str(node.restarts), *("-" * 7))
    times = [
        _short(at_most_s(counts, share))
        for counts in (told.handler_s, told.mailbox_s)
        for share in (0.5, 0.99)
    ]
    counted = (str(node.restarts), str(told.received), str(told.sent))
    return (path, *counted, *times, str(sum(told.refused.values())))


def _short(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds == math.inf:
        return f"> {BUCKETS_S[-1]:g} s"
    return f"<= {seconds * 1e3:g} ms" if seconds < 1 else f"<= {seconds:g} s"
