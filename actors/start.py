"""What every command does that starts actors: make ready what they all need, and have them listen."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from actors.state_directory import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.engine.supervision import ChildSpec
    from actors.engine.system import Host, System


def started(host: Host) -> System:
    """The actor system of a host. Raises StateError where it cannot be."""
    from actors.engine.system import ActorSystemFailure, System  # noqa: PLC0415  # imported when a command runs

    try:
        return System(host)
    except (ActorSystemFailure, OSError) as error:
        raise StateError(f"the actors cannot listen at {host.address}, port {host.port}: {error}") from error


def prepare(children: Iterable[ChildSpec]) -> None:
    """Import and build before the first fork what every actor process would otherwise do by itself.

    Nothing of it is ever thrown away: the collector would only look through it again and again, and the
    kernel through its small pages with each fork.
    """
    from actors.engine.branch import import_actors  # noqa: PLC0415  # as above
    from actors.engine.processes import close_gaps, use_large_pages  # noqa: PLC0415  # as above
    from actors.engine.root import REGISTRY_ACTOR  # noqa: PLC0415  # as above
    from actors.engine.supervisor import load  # noqa: PLC0415  # as above
    from protocols import interfaces  # noqa: PLC0415  # as above

    gc.disable()
    interfaces.load_all()
    load(REGISTRY_ACTOR)
    import_actors(children)
    close_gaps()
    gc.freeze()
    gc.enable()
    use_large_pages()
