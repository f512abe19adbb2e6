"""Name constraints of CAs: DNS, e-mail, URI, IP and directory names. Source: RFC 5280 4.2.1.10."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

from certs.names import attributes, is_host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from certs.facts import Facts


MAX_COMPARISONS: Final = 1 << 16
"""Of names with subtrees, for one certificate and one CA above it: some 50 ms."""
_MAIL: Final = re.compile(r"[!-~]+@[!-~]+", re.ASCII)


def allows(constraints: x509.NameConstraints, below: Facts) -> bool:
    """Whether a CA with these constraints may stand above a certificate with these names.

    A kind of name that is constrained and cannot be compared is not allowed. A constraint of a kind that is
    not understood allows nothing of that kind. Thousands of names below thousands of constraints, which take
    minutes to compare and serve nobody, are not allowed either.
    """
    names = list(_names(below))
    trees = len(constraints.permitted_subtrees or ()) + len(constraints.excluded_subtrees or ())
    if len(names) * trees > MAX_COMPARISONS:
        return False
    return all(_allows(constraints, name) for name in names)


def _names(below: Facts) -> Iterator[x509.GeneralName]:
    """Every name the certificate gives its subject; the CN counts as host where there is no other name."""
    subject = below.certificate.subject
    if list(subject):
        yield x509.DirectoryName(subject)
    yield from below.alternative_names
    for address in attributes(subject, NameOID.EMAIL_ADDRESS):
        if _MAIL.fullmatch(address):
            yield x509.RFC822Name(address)
    if not below.alternative_names and not below.ca:
        for name in attributes(subject, NameOID.COMMON_NAME):
            if name.isascii() and "." in name and is_host_name(name):
                yield x509.DNSName(name)


def _allows(constraints: x509.NameConstraints, name: x509.GeneralName) -> bool:
    same = [tree for tree in constraints.permitted_subtrees or () if type(tree) is type(name)]
    if same and not any(_within(name, tree) for tree in same):
        return False
    other = [tree for tree in constraints.excluded_subtrees or () if type(tree) is type(name)]
    return not any(_within(name, tree, unsure=True) for tree in other)


def _within(name: x509.GeneralName, tree: x509.GeneralName, *, unsure: bool = False) -> bool:
    compare = _COMPARISONS.get(type(name))
    if compare is None:
        return unsure
    try:
        return compare(name.value, tree.value)
    except ValueError:  # a URI that is none
        return unsure


def _host(name: str, tree: str) -> bool:
    """Whether a host lies in a domain; a leading dot means hosts below the domain only, and "" everything."""
    name, tree = name.lower().rstrip("."), tree.lower()
    if not tree:
        return True
    if tree.startswith("."):
        return name.endswith(tree)
    return name == tree or name.endswith("." + tree)


def _mail(name: str, tree: str) -> bool:
    """Whether an address lies in a mailbox, host (without dot) or domain (with leading dot)."""
    local, _, host = name.rpartition("@")
    if "@" in tree:
        of_tree, _, tree_host = tree.rpartition("@")
        return local == of_tree and host.lower() == tree_host.lower()
    return host.lower().endswith(tree.lower()) if tree.startswith(".") else host.lower() == tree.lower()


def _uri(name: str, tree: str) -> bool:
    """Whether the host of a URI lies in a host (without dot) or domain (with leading dot)."""
    host = (urlsplit(name).hostname or "").lower()
    return host.endswith(tree.lower()) if tree.startswith(".") else host == tree.lower()


def _address(name: object, tree: object) -> bool:
    """Constraints hold networks, and names hold addresses; a network of the other version holds none."""
    networks = (ipaddress.IPv4Network, ipaddress.IPv6Network)
    addresses = (ipaddress.IPv4Address, ipaddress.IPv6Address)
    return isinstance(tree, networks) and isinstance(name, addresses) and name in tree


def _directory(name: x509.Name, tree: x509.Name) -> bool:
    return name.rdns[: len(tree.rdns)] == tree.rdns


_COMPARISONS: Final[Mapping[type[x509.GeneralName], Callable[..., bool]]] = {
    x509.DNSName: _host,
    x509.RFC822Name: _mail,
    x509.UniformResourceIdentifier: _uri,
    x509.IPAddress: _address,
    x509.DirectoryName: _directory,
}
