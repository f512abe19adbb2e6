"""The list of tokens that a station accepts by itself: how it is written and what it says. Pure.

    tokens:
      - id: DEADBEEF            # in any case
        types: [RFID]           # by which means it may be presented; left out: by any but Plug & Charge
        parent: FAMILY          # its group
        evses: [1, 2]           # where; left out: everywhere
        expires: 2027-01-01T00:00:00Z
        status: Blocked         # left out: Accepted
    contracts:
      - emaid: DE-8AA-*         # * for any characters; hyphens and case do not matter
        parent: FAMILY          # and the rest as above, but for types

The first entry that fits counts. A contract counts once its certificate chain is verified.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from actors.config.document import Source, plain
from actors.config.problems import quoted
from actors.config.reader import read_document
from actors.config.report import Report
from certs.errors import CertificateError
from certs.names import common_name
from certs.pem import load_certificates
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    CertificateStatus,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
    ValidationResult,
)

if TYPE_CHECKING:
    from datetime import datetime

    from actors.config.problems import Problem

MAX_BYTES: Final = 4 * 1024 * 1024
"""A longer file is not read."""

Id = Annotated[str, Field(min_length=1, max_length=36)]
EvseNumber = Annotated[int, Field(ge=1, strict=True)]


class Listed(BaseModel):
    """What every entry says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parent: Id | None = None
    evses: Annotated[tuple[EvseNumber, ...], Field(min_length=1)] | None = None
    expires: AwareDatetime | None = None
    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED


class ListedToken(Listed):
    """A token on the list."""

    id: Id
    types: Annotated[tuple[AuthorizationType, ...], Field(min_length=1)] | None = None


class ListedContract(Listed):
    """Contracts on the list, by a pattern."""

    emaid: Id


class AllowList(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: tuple[ListedToken, ...] = ()
    contracts: tuple[ListedContract, ...] = ()


class AllowListError(Exception):
    """A list that cannot be used; `problems` names file and line of each thing that is wrong."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(each) for each in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[AllowListError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def read_allow_list(data: bytes, file: str) -> AllowList:
    """The list in these bytes; an empty file is an empty list. AllowListError whatever is wrong with it."""
    if not data.strip():
        return AllowList()
    root, problems = read_document(data, file)
    if root is None or problems:
        raise AllowListError(problems)
    try:
        return AllowList.model_validate(plain(root))
    except ValidationError as error:
        report = Report(Source(file, root))
        for one in error.errors():
            unknown = one["type"] == "extra_forbidden"
            text = f"there is no {quoted(str(one['loc'][-1]))} here" if unknown else one["msg"]
            report.error(one["loc"], text, key=unknown)
        raise AllowListError(tuple(report.problems)) from None


def token_entry(listed: AllowList, token: ProvidedIdToken) -> ListedToken | None:
    """The entry of a token that is no contract, or None."""
    value = token.id_token.value.casefold()
    return next(
        (
            each
            for each in listed.tokens
            if each.id.casefold() == value and (each.types is None or token.authorization_type in each.types)
        ),
        None,
    )


def contract_entry(listed: AllowList, emaid: str) -> ListedContract | None:
    """The entry of a contract, or None."""
    wanted = _bare(emaid)
    return next((each for each in listed.contracts if _matches(_bare(each.emaid), wanted)), None)


def _bare(emaid: str) -> str:
    return emaid.replace("-", "").upper()


def _matches(pattern: str, emaid: str) -> bool:
    """Only the star is special; an eMAID of 15 characters fits a pattern for its first 14."""
    regex = re.compile("".join(".*" if each == "*" else re.escape(each) for each in pattern))
    return any(regex.fullmatch(each) for each in {emaid, emaid[:EMAID_BODY]})


EMAID_BODY: Final = 14
"""Characters of an eMAID without its check character."""


def is_contract_of(chain: str, emaid: str) -> bool:
    """Whether the leaf of a chain (PEM, leaf first) is the contract certificate of an eMAID."""
    try:
        leaf = load_certificates(chain)[0]
    except CertificateError:
        return False
    return _bare(common_name(leaf) or "") == _bare(emaid)


def judgement(
    entry: Listed | None, now: datetime, certificate: CertificateStatus | None = None
) -> ValidationResult:
    """What the list says about a token with this entry; `certificate`: what was found of its contract."""
    if entry is None:
        return ValidationResult(
            authorization_status=AuthorizationStatus.UNKNOWN,
            certificate_status=certificate,
            tariff_messages=(),
        )
    status = entry.status
    if entry.expires is not None and entry.expires <= now and status is AuthorizationStatus.ACCEPTED:
        status = AuthorizationStatus.EXPIRED
    parent = IdToken(value=entry.parent, type=IdTokenType.LOCAL) if entry.parent is not None else None
    return ValidationResult(
        authorization_status=status,
        certificate_status=certificate,
        tariff_messages=(),
        parent_id_token=parent,
        evse_ids=entry.evses,
        expiry_time=entry.expires,
    )
