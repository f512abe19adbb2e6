"""pytest plugin for tests of sites and actors: fixtures, a seed, and how to repeat a failure.

Installed with evsite (entry point `evsite`). It adds

- `--evsite-seed N`, printed with every failing test that used it, together with the command that repeats it;
- fixtures `evsite_seed`, `evsite_clock`, `evsite_simulation` (actors in this thread under a manual clock),
  `evsite_system` (a factory of real actor systems, every process of which is ended after the test),
  `evsite_chaos` (seeded killing) and `evsite_faults` (rules of `actors.engine.faults`).

See docs/fault-injection.md.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import shlex
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from actors.engine.base import SiteActor
    from actors.engine.chaos import Chaos
    from actors.engine.clock import ManualClock
    from actors.engine.faults import Faults, Rule
    from actors.engine.simulation import Simulation

_SEED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin."""
    group = parser.getgroup("evsite")
    group.addoption("--evsite-seed", type=int, default=None, help="seed of fault injection and chaos")


def pytest_configure(config: pytest.Config) -> None:
    """Draw a seed unless one was given."""
    given = config.getoption("--evsite-seed", default=None)
    config.stash[_SEED] = random.SystemRandom().randrange(2**32) if given is None else given


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Say with a failure how to repeat it."""
    report = yield
    if report.failed and "evsite_seed" in getattr(item, "fixturenames", ()):
        seed = item.config.stash[_SEED]
        command = f"pytest {shlex.quote(item.nodeid)} --evsite-seed {seed}"
        report.sections.append(("evsite", f"seed {seed}; repeat with: {command}"))
    return report


@pytest.fixture
def evsite_seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run."""
    return request.config.stash[_SEED]


@pytest.fixture
def evsite_clock() -> ManualClock:
    """A clock that stands still until the test advances it."""
    from actors.engine.clock import ManualClock  # noqa: PLC0415  # a plugin must load quickly

    return ManualClock()


@pytest.fixture
def evsite_simulation(evsite_clock: ManualClock) -> Simulation:
    """Actors in this thread under `evsite_clock`."""
    from actors.engine.simulation import Simulation  # noqa: PLC0415  # as above

    return Simulation(evsite_clock)


@pytest.fixture
def evsite_chaos(evsite_seed: int) -> Chaos:
    """Seeded killing of processes."""
    from actors.engine.chaos import Chaos  # noqa: PLC0415  # as above

    return Chaos(evsite_seed)


@pytest.fixture
def evsite_faults(evsite_seed: int) -> Iterator[Callable[[Sequence[Rule]], Faults]]:
    """Put fault rules in force for actor systems and simulations started later in the test."""
    from actors.engine import faults  # noqa: PLC0415  # as above

    def enable(rules: Sequence[Rule]) -> Faults:
        return faults.enable(rules, seed=evsite_seed)

    yield enable
    faults.disable()


@pytest.fixture
def evsite_system() -> Iterator[Callable[..., Any]]:
    """A factory of running trees: `evsite_system(RootClass, config)` returns (system, client)."""
    from actors.engine import messages  # noqa: PLC0415  # as above
    from actors.engine.address import text_of  # noqa: PLC0415  # as above
    from actors.engine.client import Client  # noqa: PLC0415  # as above
    from actors.engine.system import Host, System  # noqa: PLC0415  # as above

    made = itertools.count(1)

    with contextlib.ExitStack() as stack:

        def start(
            root: type[SiteActor], config: dict[str, Any] | None = None, *, within_s: float = 30.0
        ) -> tuple[System, Client]:
            root.before_fork(config or {})
            system = stack.enter_context(System(Host()))
            client = stack.enter_context(Client(text_of(system.create(root)), system.wiring))
            first = messages.Start(path="site", lineage=f"site#{next(made)}", config=config or {})
            client.ask("", first, deadline_s=within_s)
            reply = client.ask("", messages.AwaitReady(), deadline_s=within_s)
            if not isinstance(reply, messages.AwaitReadyReply):
                pytest.fail(f"the tree of {root.__name__} was not ready within {within_s:g} s: {reply}")
            return system, client

        yield start
