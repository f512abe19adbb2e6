"""Messages that the test actors exchange."""

from __future__ import annotations

from typing import ClassVar

from protocols.message import Command, Reply, Var, message


@message
class Answer(Reply):
    """What the asked says."""

    text: str


@message
class Question(Command):
    """Something to be answered with `Answer`."""

    answer: ClassVar[type[Reply]] = Answer
    text: str = ""


@message
class Order(Command):
    """Something to be answered with the bare `Reply`."""

    number: int = 0


@message
class Unheard(Command):
    """A command no test actor implements."""


@message
class Poke(Var):
    """Do what the test has put into `Puppet.todo`."""


@message
class Note(Var):
    """Something told."""

    number: int


@message
class Event(Var):
    """Something published once."""

    number: int


@message
class Level(Var):
    """A state that is published and retained."""

    number: int


@message
class Unknown(Var):
    """A variable no test actor handles."""
