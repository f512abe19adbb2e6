"""What the commands that speak to stations have in common: where the station is, and what is written down.

What is imported when it is needed is imported then: the commands are to answer at once.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

from actors.exits import refuse, tell

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Iterable, Iterator

    from actors.simulation.ev.capture import Capture
    from actors.simulation.ev.exchange import Effect
    from actors.simulation.ev.runner import Place, Runner

SDP_PORT: Final = 15118
STEP_S: Final = 0.5
WIDTH: Final = 140
"""Of tables; no message's name is cut."""


def place_of(
    interface: str | None, connect: str | None, sdp: str | None, *, option: str = "--connect"
) -> Place:
    """Where the station is; `option` is what the command calls a known port. Exit code 2 for nonsense."""
    from actors.simulation.ev.runner import Place  # noqa: PLC0415  # see the module's docstring

    if sum(one is not None for one in (interface, connect, sdp)) > 1:
        refuse(f"one of --interface, {option} and --sdp says where the station is")
    if connect is not None:
        return Place(connect=address_of(option, connect, None))
    if interface is not None:
        return Place(interface=interface)
    return Place(sdp=address_of("--sdp", sdp or "::1", SDP_PORT))


def address_of(option: str, text: str, default: int | None) -> tuple[str, int]:
    """Host and port; an IPv6 address with a port stands in brackets."""
    host, port = text, default
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        text_port = rest.removeprefix(":")
    else:
        single = text.count(":") == 1
        host, text_port = text.split(":") if single else (text, "")
    if text_port:
        port = int(text_port) if text_port.isdecimal() else -1
    if not host or port is None or not 0 < port < 2**16:
        refuse(f"{option} {text}: HOST:PORT, an IPv6 address in brackets")
    return host, port


class Papers:
    """What a run leaves behind: a key log that is added to, a capture that is new."""

    def __init__(self, key_log: pathlib.Path | None, pcap: pathlib.Path | None) -> None:
        self._key_log = key_log
        self.capture: Capture | None = None
        self._open = ExitStack()
        if pcap is not None:
            from actors.simulation.ev.capture import Capture  # noqa: PLC0415  # see the module's docstring

            try:
                pcap.touch(mode=0o600)
                self._file = self._open.enter_context(pcap.open("wb"))
            except OSError as error:
                refuse(f"{pcap}: {error.strerror}")
            self._name = str(pcap)
            self.capture = Capture()

    def write(self) -> None:
        """Write what has passed."""
        if self.capture is not None:
            data = self.capture.take()
            self._try(self._name, lambda: self._file.write(data))

    def close(self, secrets: Iterable[str]) -> None:
        """Write the rest."""
        self.write()
        if self.capture is not None:
            self._try(self._name, self._open.close)
        with suppress(OSError):  # told of already
            self._open.close()
        if self._key_log is not None and (lines := list(secrets)):
            path = self._key_log

            def append() -> None:
                path.touch(mode=0o600)
                with path.open("a", encoding="ascii") as file:
                    file.writelines(f"{line}\n" for line in lines)

            self._try(str(path), append)

    def _try(self, name: str, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            tell(f"{name}: {error.strerror}")
            if self.capture is not None:
                self.capture.give_up()
                self.capture = None


def drive(runner: Runner, papers: Papers) -> Iterator[Effect]:
    """Let it run to its end; what it does, as it is done."""
    try:
        while not runner.finished:
            yield from runner.step(STEP_S)
            papers.write()
    finally:
        runner.close()
        papers.close(runner.key_log)


def table(title: str, rows: Iterable[tuple[str, ...]], headings: dict[str, str]) -> str:
    """Rows as a table; of each heading `left` or `right`, which its column keeps to."""
    from io import StringIO  # noqa: PLC0415  # see the module's docstring

    from rich import box  # noqa: PLC0415  # as above
    from rich.console import Console  # noqa: PLC0415  # as above
    from rich.table import Table  # noqa: PLC0415  # as above

    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
    for heading, side in headings.items():
        made.add_column(heading, justify="left" if side == "left" else "right")
    for row in rows:
        made.add_row(*row)
    out = StringIO()
    Console(file=out, width=WIDTH, markup=False, emoji=False, highlight=False).print(made)
    return out.getvalue().rstrip()
