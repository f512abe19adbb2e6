"""Python source in the making, and what each of its lines reads or writes.

The generated functions carry no bookkeeping of their own for error messages: when one of them fails, the
line number in the traceback leads through the `Where` of that line to the element, and the function's local
`p` to the position. So good messages cost nothing until something fails.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Where:
    """What a line of generated code deals with."""

    name: str = ""
    """The element or attribute; "" for the type itself."""
    items: str | None = None
    """The local variable that holds or counts the occurrences so far, for a repeated element."""
    names: Mapping[Any, str] | None = None
    """For a place with alternatives: the element's name by the local `chooser`: by its value if that is a
    number, else by its class."""
    chooser: str = ""
    inner: str = ""
    """The element within that element, for a line that deals with a part of it."""
    width: int = 0
    """How many bits the line looks at, where that is fixed."""

    def label(self, local: Mapping[str, Any]) -> str:
        """The step of the path, as far as the variables of the failed function tell."""
        name = self.name
        if self.names is not None:
            chosen = local.get(self.chooser)
            name = self.names.get(chosen if isinstance(chosen, int) else type(chosen), name)
        items = local.get(self.items) if self.items else None
        if items is not None:
            name = f"{name}[{items if isinstance(items, int) else len(items)}]"
        return f"{name}/{self.inner}" if self.inner else name


NOWHERE: Final = Where()
LINES: Final[dict[str, tuple[Where, ...]]] = {}
"""The lines of every generated function by the file name of its code; its first line is entry 1."""


@dataclass(slots=True)
class Source:
    """The lines of one function."""

    lines: list[str] = field(default_factory=list)
    wheres: list[Where] = field(default_factory=list)
    indent: int = 0
    here: Where = NOWHERE

    def add(self, line: str, width: int = 0) -> None:
        """Append a line at the present indentation that deals with `here`."""
        self.lines.append("    " * self.indent + line)
        self.wheres.append(self.here if width == self.here.width else replace(self.here, width=width))

    def compile(self, name: str, title: str, scope: dict[str, Any]) -> Callable[..., Any]:
        """Define the function `name` in `scope` and remember what its lines deal with."""
        filename = f"<exi {title}>"
        text = "\n".join(self.lines)
        code = compile(text, filename, "exec")
        # an entry without a modification time is kept, so tracebacks and debuggers show these lines too
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        exec(code, scope)  # noqa: S102  # our own source, made from declarations; nothing of it is input
        made: Callable[..., Any] = scope[name]
        LINES[filename] = (NOWHERE, *self.wheres)
        return made


class Scope:
    """The global names of a schema's generated functions."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names: dict[str, Any] = dict(names)
        self._made: dict[Any, str] = {}

    def name(self, stem: str, key: Any, value: Callable[[], Any]) -> str:
        """The global name of a value that is made once for each key."""
        known = self._made.get((stem, key))
        if known is None:
            known = self._made[stem, key] = f"{stem}{len(self._made)}"
            self.names[known] = value()
        return known
