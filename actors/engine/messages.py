"""What actors of the engine tell each other: life cycle, names, subscriptions, the tree, metrics, faults.

Addresses travel as the text of `address.text_of`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from protocols.message import Command, Reply, Var, message


@message
class Grant:
    """A logical name that an actor serves, and the EVerest interface behind it."""

    name: str
    interface: str = ""


@message
class Start(Command):
    """First message to every actor: who it is. Answered, once it can work, by `Started`."""

    path: str
    """Its place in the supervision tree, `site/evse_1/connector_1`."""
    lineage: str
    """The path with the number of each life, `site#0/evse_1#2/connector_1#0`: never given twice."""
    grants: tuple[Grant, ...] = ()
    registry: str | None = None
    ready: bool = False
    """The site is running already: do not wait for `Ready`."""
    evse: int | None = None
    config: dict[str, Any] = field(default_factory=dict)
    """What the child specification says beside; plain values."""
    reason: str = ""
    """As in the child specification."""


@message
class Started(Var):
    """An actor has recovered what it recovers and serves its names."""

    path: str
    pid: int


@message
class Ready(Var):
    """Every actor of the site has started: publishing may begin (M13.8)."""


@message
class Stop(Var):
    """Finish and leave; who does not within `within_s` is killed."""

    within_s: float


@message
class RestartSite(Var):
    """The whole site is to end in order and to begin anew; every supervisor passes it on to its own.

    In the end whoever has started the root gets it: nobody below can begin a site.
    """

    reason: str
    abrupt: bool = False
    """Not in order: everybody dies at once, as when the power fails."""


@message
class Crashed(Var):
    """Last words of an actor whose handler failed."""

    path: str
    error: str


@message
class Ping(Var):
    """A question: do you still handle messages."""

    number: int


@message
class Pong(Var):
    """Yes."""

    number: int


@message
class RegistryIs(Var):
    """Where the registry lives now; sent down the tree whenever it has been replaced."""

    address: str


@message
class Registered(Reply):
    """The names are announced; every later announcement of them has a higher generation."""

    generation: int


@message
class Register(Command):
    """Announce the sender as the actor behind these names."""

    answer: ClassVar[type[Reply]] = Registered
    lineage: str
    grants: tuple[Grant, ...]
    generation: int = 0
    """What the sender has been registered with before, when the registry itself was replaced."""


@message
class Follow(Var):
    """Keep the sender informed about these names, and subscribe it to variables of theirs."""

    lineage: str
    names: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    """Pairs of name and variable tag."""


@message
class Gone(Var):
    """A supervisor has seen this life of an actor end, and with it everybody below."""

    lineage: str


@message
class Announce(Var):
    """Who is behind a name from now on; nobody when `address` is None."""

    name: str
    generation: int
    address: str | None = None


@message
class Subscriber:
    """Somebody who wants variables of a name."""

    address: str
    tags: tuple[str, ...]


@message
class Subscribers(Var):
    """Everybody who wants variables of one of the receiver's names; replaces what was said before."""

    name: str
    subscribers: tuple[Subscriber, ...]


@message
class News(Var):
    """Several of both in one: most of what a new actor is told, it is told at once."""

    announced: tuple[Announce, ...] = ()
    subscribed: tuple[Subscribers, ...] = ()


@message
class Superseded(Var):
    """Somebody with a higher generation serves your names: leave."""


@message
class Resolved(Reply):
    """Who is behind a name."""

    generation: int
    address: str | None = None


@message
class Resolve(Command):
    """Ask once who is behind a name."""

    answer: ClassVar[type[Reply]] = Resolved
    name: str


@message
class Settle(Command):
    """Answered when everybody has taken in what the registry told them before."""


@message
class Tick(Command):
    """Answered at once; behind everything sent before it."""


@message
class Doubt(Var):
    """Tell the supervisor that a child of its, who serves `name`, is late: it is pinged at once."""

    name: str


@message
class GetMetricsReply(Reply):
    """What one actor, or the admin of a host, counted since it started.

    Times in seconds; `handler_s` and `mailbox_s` count messages per bucket of `metrics.BUCKETS_S`, the last
    entry those above all of them.
    """

    path: str
    received: int = 0
    sent: int = 0
    handler_s: tuple[int, ...] = ()
    """How long messages were handled."""
    handler_total_s: float = 0.0
    mailbox_s: tuple[int, ...] = ()
    """How old messages were when their turn came."""
    mailbox_total_s: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)
    """Frames dropped by the transport, by reason."""
    shed: int = 0
    """Messages not sent because too much waited for their receiver; not among `sent`."""
    dropped: int = 0
    """Messages to names that were given up: nobody served the name in time, or too much waited."""
    counted: dict[str, int] = field(default_factory=dict)
    """What the actor counts besides, by names of its own: those of its log."""


@message
class TreeNode:
    """One actor of the supervision tree, as seen by its supervisor."""

    name: str
    kind: str
    """The class of the actor."""
    state: str
    """Starting, Running, Backoff, Stopping, Stopped, Failed."""
    pid: int | None = None
    host: str | None = None
    """The address of the host it runs on: in a site of several hosts process ids alone say little."""
    restarts: int = 0
    last_error: str | None = None
    uptime_s: float = 0.0
    children: tuple[TreeNode, ...] = ()
    complete: bool = True
    """Whether everybody directly below is told; False when this supervisor has not answered in time."""
    metrics: GetMetricsReply | None = None
    """What it has counted, where that was asked for and told in time."""


@message
class AwaitReadyReply(Reply):
    """The site runs."""

    pid: int
    """Of the root supervisor."""


@message
class AwaitReady(Command):
    """Answered by the root of the tree when every actor has started and the root's children know it."""

    answer: ClassVar[type[Reply]] = AwaitReadyReply


@message
class GetTreeReply(Reply):
    """The tree below and including the receiver."""

    node: TreeNode
    admin: GetMetricsReply | None = None
    """What the admin of the root's host has counted, where metrics were asked for."""


@message
class GetTree(Command):
    """Describe yourself and everybody below you."""

    answer: ClassVar[type[Reply]] = GetTreeReply
    within_s: float = 0.5
    """What has not been told by then is left out."""
    metrics: bool = False
    """Ask everybody for what they have counted, too."""


@message
class GetMetrics(Command):
    """Tell your counters."""

    answer: ClassVar[type[Reply]] = GetMetricsReply


@message
class Inject(Command):
    """Apply fault rules (`faults.Rule`, as plain values) from now on; replaces earlier ones.

    Refused unless the site was started with fault injection.
    """

    rules: tuple[dict[str, Any], ...]
