"""Messages as XML, for peers that take nothing else; namespaces and names come from the declarations."""

from __future__ import annotations

import base64
from typing import Any
from xml.etree import ElementTree as ET

from protocols.iso15118.exi.datatypes import Binary, Boolean, Datatype
from protocols.iso15118.exi.declaration import Leaf, declaration_of


def _text(datatype: Datatype, value: Any) -> str:
    if isinstance(datatype, Boolean):
        return "true" if value else "false"
    if isinstance(datatype, Binary):
        return value.hex().upper() if datatype.hexadecimal else base64.b64encode(value).decode()
    return str(int(value)) if isinstance(value, int) else str(value)


def _tag(name: str, uri: str) -> str:
    return f"{{{uri}}}{name}" if uri else name


def element_of(value: Any, name: str, uri: str) -> ET.Element:
    """The element of a message or part of one."""
    made = declaration_of(value.__class__)
    node = ET.Element(_tag(name, uri))
    for attribute in made.attributes:
        one = getattr(value, attribute.field)
        if one is not None:
            node.set(_tag(attribute.name, attribute.uri), _text(attribute.leaf.datatype, one))
    if made.content is not None:
        node.text = _text(made.content.datatype, value.value)
    for particle in made.particles:
        holders = getattr(value, particle.holder) if particle.holder else (value,)
        for holder in holders:
            for alternative in particle.alternatives:
                content = getattr(holder, alternative.field)
                if content is None:
                    continue
                many = particle.max_occurs != 1 and particle.holder is None
                for one in content if many else (content,):
                    node.append(_child(alternative, one))
    return node


def _child(alternative: Any, one: Any) -> ET.Element:
    if isinstance(alternative.target, Leaf):
        node = ET.Element(_tag(alternative.name, alternative.uri))
        node.text = _text(alternative.target.datatype, one)
        return node
    name, uri = alternative.name, alternative.uri
    if alternative.reference:
        made = declaration_of(one.__class__)
        name, uri = made.element or name, made.namespace.uri
    return element_of(one, name, uri)


def to_xml(value: Any, name: str, uri: str) -> str:
    """The XML text of a message or part of one."""
    return ET.tostring(element_of(value, name, uri), encoding="unicode")


def same(left: ET.Element, right: ET.Element) -> bool:
    """Whether two elements say the same, white space in values aside."""
    return (
        left.tag == right.tag
        and left.attrib == right.attrib
        and "".join((left.text or "").split()) == "".join((right.text or "").split())
        and len(left) == len(right)
        and all(same(one, two) for one, two in zip(left, right, strict=True))
    )
