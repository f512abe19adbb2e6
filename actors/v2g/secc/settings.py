"""What the site file says about the talk (rows M7.1 to M7.4). Pure data; the defaults are EVerest's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Parameters of one V2G module that the core needs; those of the sockets are the link's."""

    din70121: bool = True
    iso15118_2: bool = True
    iso15118_20: bool = True
    verify_contract_cert_chain: bool = False
    """Verify a contract here already, before its token is published (S4.6, S4.7)."""
    auth_timeout_pnc_s: int = 55
    """0: for ever."""
    auth_timeout_eim_s: int = 300
    """0: for ever."""
    terminate_connection_on_failed_response: bool = False
    """Close at once after a failed response instead of leaving the car its time to do so."""
    dynamic_mode: bool = True
    """ISO 15118-20: offer dynamic control."""
    scheduled_mode: bool = False
    """ISO 15118-20: offer scheduled control."""
    mobility_needs_from_station: bool = False
    """ISO 15118-20: the driver's wishes may come from the station's side."""
    custom_protocol_namespace: str = ""
    """One more namespace under which -20 DC is offered; empty: none."""
    negative_bidirectional_limits: bool = False
    """ISO 15118-20: send discharge limits as negative numbers."""
