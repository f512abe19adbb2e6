"""How a message type is declared, once, as a Python class; everything else is derived from it.

    MSG_BODY = Namespace("urn:iso:15118:2:2013:MsgBody", qualified_attributes=True)

    @xml_type(MSG_BODY, element="SessionSetupRes")
    class SessionSetupRes(BodyElement):
        response_code: ResponseCode
        evse_id: EvseId = element("EVSEID")
        evse_time_stamp: SignedTime | None = element("EVSETimeStamp", default=None)

Fields are elements in the order of the schema, base classes first. The XML name of a field is its Python
name in CapWords (`response_code` is `ResponseCode`) unless the field says another. `T | None` is an
optional element, `tuple[T, ...]` a repeated one (`max_occurs` and `min_occurs` bound it), a class with a
global element and subclasses that have one is the head of a substitution group. `reference=True` marks a
field that refers to a global element of the schema instead of declaring an element of its own.

Consecutive fields with the same `choice` exclude each other: exactly one of them is set, or at most one if
`optional_choice`. Consecutive fields with the same `group` appear together or not at all.
A class whose only element-like field is `value = content()` has simple content.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, dataclass_transform

from protocols.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Namespace:
    """One XML namespace and the classes declared in it.

    The qualified flags say whether local elements and attributes belong to the namespace, which decides
    their place in the sorted name lists. `types` grows as classes are declared.
    """

    uri: str
    qualified_elements: bool = True
    qualified_attributes: bool = False
    types: list[type] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Options:
    """What a class said about itself."""

    namespace: Namespace
    element: str | None
    abstract: bool
    mixed: bool
    never_empty: bool
    wildcard: int | None


OPTIONS: Final = "__exi_options__"
"""Where a class keeps its options."""
EXI: Final = "exi"
"""Where a field keeps its specification."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a field said about itself."""

    role: str = "element"
    name: str | None = None
    min_occurs: int | None = None
    max_occurs: int | None = None
    choice: str | None = None
    optional_choice: bool = False
    group: str | None = None
    reference: bool = False
    unit: str | None = None
    wildcard: bool = False
    """Elements of other namespaces are an alternative of the choice too."""


def _field(spec: Spec, default: Any) -> Any:
    return dataclasses.field(default=default, metadata={EXI: spec})


def element(
    name: str | None = None,
    *,
    default: Any = dataclasses.MISSING,
    min_occurs: int | None = None,
    max_occurs: int | None = None,
    choice: str | None = None,
    optional_choice: bool = False,
    group: str | None = None,
    reference: bool = False,
    unit: str | None = None,
    wildcard: bool = False,
) -> Any:
    """An element field; see the module's docstring.

    `unit` is the unit of its number, for people. `wildcard`: elements of other namespaces are an
    alternative of its choice too.
    """
    spec = Spec(
        "element",
        name,
        min_occurs,
        max_occurs,
        choice,
        optional_choice,
        group,
        reference,
        unit,
        wildcard,
    )
    return _field(spec, default)


def repeated_choice(*, wildcard: bool = False) -> Any:
    """A field `tuple[Item, ...]`: one or more times one of the elements of `Item`, in any order.

    `Item` is declared with `choice_item`; each instance sets exactly one field.
    """
    return _field(Spec("items", wildcard=wildcard), dataclasses.MISSING)


def attribute(name: str | None = None, *, default: Any = dataclasses.MISSING) -> Any:
    """An attribute field; optional if it has a default."""
    return _field(Spec("attribute", name), default)


def content() -> Any:
    """The field that holds the value of an element with simple content."""
    return _field(Spec("content"), dataclasses.MISSING)


@dataclass_transform(
    frozen_default=True,
    kw_only_default=True,
    field_specifiers=(element, repeated_choice, attribute, content),
)
def xml_type(
    namespace: Namespace,
    *,
    element: str | None = None,  # the keyword of the decorator, not the function above
    abstract: bool = False,
    mixed: bool = False,
    never_empty: bool = False,
    wildcard: int | None = None,
) -> Callable[[type[T]], type[T]]:
    """Declare a complex type of `namespace` as a frozen, slotted, keyword-only dataclass.

    `element` is the global element of this type, if there is one. `abstract` types cannot stand in a
    message. `mixed` and `wildcard` describe types whose content this codec only recognises, to get the
    code widths right. `never_empty`: all elements are optional but one must be there.
    """
    options = Options(namespace, element, abstract, mixed, never_empty, wildcard)

    def declare(kind: type[T]) -> type[T]:
        made = record(kind)
        setattr(made, OPTIONS, options)
        namespace.types.append(made)
        return made

    return declare


@dataclass_transform(
    frozen_default=True,
    kw_only_default=True,
    field_specifiers=(element, repeated_choice, attribute, content),
)
def choice_item(namespace: Namespace) -> Callable[[type[T]], type[T]]:
    """Declare the class of one turn of a repeated choice: exactly one field of an instance is set."""
    options = Options(namespace, None, abstract=False, mixed=False, never_empty=True, wildcard=None)

    def declare(kind: type[T]) -> type[T]:
        made = record(kind)
        setattr(made, OPTIONS, options)
        return made

    return declare


def is_declared(kind: object) -> bool:
    """Whether `kind` is a class declared with `xml_type`."""
    return isinstance(kind, type) and OPTIONS in vars(kind)
