"""The identifiers of the charging world as values: parsed, checked, in one canonical form, never changed.

Every `parse` raises `IdentifierError`, which says what is wrong with which text. Two identifiers are equal
when they mean the same: case and separators do not count.
"""

from protocols.iso15118.identifiers.contract import DinContractId, Emaid, din_check_digit, emaid_check_digit
from protocols.iso15118.identifiers.error import IdentifierError
from protocols.iso15118.identifiers.session import SessionId
from protocols.iso15118.identifiers.station import DinEvseid, Evseid, Seccid
from protocols.iso15118.identifiers.vehicle import Evccid, EvccMac, Pcid

__all__ = [
    "DinContractId",
    "DinEvseid",
    "Emaid",
    "EvccMac",
    "Evccid",
    "Evseid",
    "IdentifierError",
    "Pcid",
    "Seccid",
    "SessionId",
    "din_check_digit",
    "emaid_check_digit",
]
