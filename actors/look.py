"""Commands about a site that runs: `evsite tree`, `evsite metrics`, `evsite kill`, `evsite inject`.

Exit codes: those of `actors.exits`.
"""

from __future__ import annotations

import json
import pathlib
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from actors.exits import fail, refuse
from actors.state_directory import StateDirectory, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.engine.client import Client
    from actors.engine.messages import TreeNode

REFRESH_S: Final = 0.5
PATIENCE_S: Final = 2.0
"""Given to those who are asked for what they have counted."""

State = Annotated[
    pathlib.Path,
    typer.Option(
        metavar="DIR", envvar="EVSITE_STATE", help="Directory of the running site: key, journals, log."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Watch = Annotated[bool, typer.Option("--watch", help="Draw it again and again until Ctrl-C.")]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Path of an actor, or its last part: evse_1/v2g_1.")
]
ServedName = Annotated[str, typer.Argument(metavar="NAME", help="A name an actor serves: auth/main.")]
RulesFile = Annotated[pathlib.Path, typer.Argument(metavar="FILE", help="YAML or JSON file of fault rules.")]
Signal = Annotated[
    str, typer.Option("--signal", metavar="SIGNAL", help="KILL, STOP, CONT, TERM, ..., or its number.")
]


def tree(*, state: State = pathlib.Path("run"), as_json: Json = False, watch: Watch = False) -> None:
    """Print the supervision tree of a running site.

    Exit code 0: printed. 1: no site runs there, or it does not answer. 2: the options do not fit.
    """
    from actors import live  # noqa: PLC0415  # imported when the command runs

    if as_json and watch:
        refuse("--json and --watch exclude each other: print the tree once, or watch it")
    with _site_in(state) as client:
        found = _tree_of(client)
        if watch:
            _watch(client, found)
        else:
            typer.echo(json.dumps(live.as_json(found), indent=2) if as_json else live.as_text(found))


def _watch(client: Client, found: TreeNode) -> None:
    from rich.live import Live  # noqa: PLC0415  # as above

    from actors.live import as_table  # noqa: PLC0415  # as above

    try:
        with Live(as_table(found, "evsite"), auto_refresh=False) as view:
            while True:
                view.update(as_table(_tree_of(client), "evsite"), refresh=True)
                time.sleep(REFRESH_S)
    except KeyboardInterrupt:
        return


def metrics(*, state: State = pathlib.Path("run"), as_json: Json = False) -> None:
    """Print what every actor of a running site has counted since it started.

    Messages in and out, how long handlers took, how long messages waited, restarts, frames refused.

    Exit code 0: printed. 1: no site runs there, or it does not answer.
    """
    from actors import counts  # noqa: PLC0415  # as above
    from actors.engine import messages  # noqa: PLC0415  # as above

    with _site_in(state) as client:
        reply = client.ask("", messages.GetTree(within_s=PATIENCE_S, metrics=True))
    if not isinstance(reply, messages.GetTreeReply):
        fail("the site does not answer")
    typer.echo(json.dumps(counts.as_json(reply), indent=2) if as_json else counts.as_text(reply))


def kill(name: Name, *, state: State = pathlib.Path("run"), signal_name: Signal = "KILL") -> None:
    """Send a signal to the process of one actor; its supervisor replaces it.

    Exit code 0: sent. 1: no such site or process. 2: no actor, or several, of that name; no such signal.
    """
    from actors.engine import chaos  # noqa: PLC0415  # as above

    number = _signal(signal_name)
    with _site_in(state) as client:
        found = _tree_of(client)
    actor = chaos.find(found, name)
    if actor is None:
        refuse(_nearest(found, name))
    if not chaos.send_signal(actor.pid, number):
        fail(f"{actor.path} (process {actor.pid}) has just ended")
    typer.echo(f"{number.name} sent to {actor.path} (process {actor.pid})")


def _signal(name: str) -> signal.Signals:
    """A signal by its name, with or without SIG, or by its number."""
    try:
        if name.isascii() and name.isdecimal():
            return signal.Signals(int(name))
        return signal.Signals[f"SIG{name.upper().removeprefix('SIG')}"]
    except (KeyError, ValueError):
        refuse(f"--signal: there is no signal {name!r}")


def inject(name: ServedName, file: RulesFile, *, state: State = pathlib.Path("run")) -> None:
    """Have one actor of a running site consult other fault rules from now on; an empty list ends them.

    Exit code 0: they are in force. 1: no such site, or it was started without --faults. 2: nobody serves that
    name, or the file is wrong.
    """
    from actors import fault_rules  # noqa: PLC0415  # as above
    from actors.engine import faults, messages  # noqa: PLC0415  # as above
    from protocols import codec  # noqa: PLC0415  # as above
    from protocols.message import Failure, FailureReason  # noqa: PLC0415  # as above

    try:
        rules = fault_rules.load(file)
    except faults.FaultRuleError as error:
        refuse(str(error))
    with _site_in(state) as client:
        reply = client.ask(name, messages.Inject(rules=tuple(codec.to_plain(rule) for rule in rules)))
    if isinstance(reply, Failure):
        end = refuse if reply.reason is FailureReason.UNKNOWN_NAME else fail
        end(f"{name}: {reply.detail}")
    typer.echo(f"{len(rules)} fault rules are in force at {name}")


def _nearest(found: TreeNode, name: str) -> str:
    import difflib  # noqa: PLC0415  # as above

    from actors.engine import chaos  # noqa: PLC0415  # as above

    paths = [each.path for each in chaos.living(found)]
    several = [path for path in paths if path.endswith(f"/{name}")]
    if several:
        return f"{name!r} could be any of {', '.join(several)}; write more of the path"
    near = difflib.get_close_matches(name, [*paths, *(path.rpartition("/")[2] for path in paths)], 1)
    hint = f"; did you mean {near[0]!r}?" if near else "; evsite tree lists them"
    return f"there is no actor {name!r}{hint}"


@contextmanager
def _site_in(state: pathlib.Path) -> Iterator[Client]:
    """A connection to the site that runs in a state directory; ends the command when none does."""
    from actors import logs  # noqa: PLC0415  # as above
    from actors.engine.address import parse  # noqa: PLC0415  # as above
    from actors.engine.client import Client  # noqa: PLC0415  # as above
    from actors.engine.transport import Wiring, wire  # noqa: PLC0415  # as above

    logs.configure("error")
    directory = StateDirectory(state)
    try:
        running = directory.running()
        wire(Wiring(host=parse(running.root).host, key=directory.key()))
    except StateError as error:
        fail(str(error))
    with Client(running.root) as client:
        yield client


def _tree_of(client: Client) -> TreeNode:
    found = client.tree()
    if found is None:
        fail("the site does not answer")
    return found
