"""Which store a command works on: a directory as EVerest lays it out, or the places a site file names."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Annotated

import typer

from actors.certificates.pki_files import read_file
from actors.exits import BAD_INPUT, refuse

if TYPE_CHECKING:
    from certs.store import Settings

SiteOption = Annotated[
    pathlib.Path | None,
    typer.Option("--site", help="Site file that names the places in the store.", show_default="EVerest's"),
]
PasswordFile = Annotated[
    pathlib.Path | None,
    typer.Option(help="File whose first line opens encrypted keys.", show_default="none are encrypted"),
]


def password_in(path: pathlib.Path | None) -> bytes | None:
    """The first line of a file. An empty one is bad input."""
    if path is None:
        return None
    lines = read_file(path).splitlines()
    if not lines or not lines[0]:
        refuse(f"{path}: its first line is empty")
    return lines[0]


def settings_of(
    directory: pathlib.Path | None,
    site: pathlib.Path | None,
    password_file: pathlib.Path | None = None,
    *,
    state: pathlib.Path | None = None,
) -> Settings:
    """The places of a store. Without a directory it is the one that the site uses which runs in `state`."""
    from actors.certificates.places import ROOT, settings_at  # noqa: PLC0415  # so that the command line answers at once

    given = _parameters(site) if site is not None else {}
    if directory is None:
        if state is None or ROOT not in given:
            refuse("which store? Give a directory, or a site file")
        directory = state / given[ROOT]
    password = password_in(password_file)
    if password is not None:
        given["private_key_password"] = password.decode("utf-8", "surrogateescape")
    return settings_at(directory, given)


def _parameters(site: pathlib.Path) -> dict[str, str]:
    from actors.catalog.security import EVSE_SECURITY  # noqa: PLC0415  # as above
    from actors.config import SiteFileError, load_site  # noqa: PLC0415  # as above

    try:
        modules = load_site(site).modules.values()
    except SiteFileError as error:
        typer.echo("\n".join(str(problem) for problem in error.problems), err=True)
        raise typer.Exit(BAD_INPUT) from None
    entry = next((one for one in modules if one.manifest is EVSE_SECURITY), None)
    if entry is None:
        refuse(f"{site}: has no module {EVSE_SECURITY.name}")
    return {name: str(value) for name, value in entry.parameters.items() if value is not None}
