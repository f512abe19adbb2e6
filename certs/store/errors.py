"""What can be wrong with the store itself. What is wrong with a certificate is a command's result instead."""

from __future__ import annotations

import enum


class StoreProblem(enum.StrEnum):
    """Why the store cannot do what it should."""

    BAD_PATH = "a path that cannot be used"
    UNWRITABLE = "a place that cannot be written"
    UNREADABLE = "a place that cannot be read"
    BUSY = "somebody else has been writing for too long"


class StoreError(Exception):
    """The store cannot be opened, read or written. `problem` is the reason, `detail` the place."""

    def __init__(self, problem: StoreProblem, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem, self.detail = problem, detail

    def __reduce__(self) -> tuple[type[StoreError], tuple[StoreProblem, str]]:
        return type(self), (self.problem, self.detail)
