"""The time-outs of the car's side, in seconds: names, values and where they come from.

Sources: ISO 15118-2 8.7.2 (tables of message, performance and ongoing times), ISO 15118-20 8.6, DIN SPEC
70121 9.6. What the car waits for between two requests is its own choice.
"""

from __future__ import annotations

from typing import Final

SDP_RETRY_S: Final = 0.25
"""Between two SECC discovery requests."""
SDP_TRIES: Final = 50
SETUP_S: Final = 20.0
"""From the connection to SessionSetupRes: V2G_EVCC_CommunicationSetup_Timeout."""
MESSAGE_S: Final = 2.0
"""From a request to its response, where nothing else is said."""
LONG_MESSAGE_S: Final = 5.0
"""The same where the station has to do something: certificates, details, power delivery."""
DC_LOOP_S: Final = 0.25
"""The same for CurrentDemand: V2G_EVCC_Msg_Timeout_CurrentDemandReq."""
LOOP_20_S: Final = 0.5
"""The same for the charging loops of -20."""
ONGOING_S: Final = 60.0
"""From the first Ongoing to Finished: V2G_EVCC_Ongoing_Timeout."""
CABLE_CHECK_S: Final = 40.0
"""V2G_EVCC_CableCheck_Timeout."""
PRE_CHARGE_S: Final = 7.0
"""V2G_EVCC_PreCharge_Timeout."""
PRE_CHARGE_20_S: Final = 10.0
SEQUENCE_S: Final = 60.0
"""The station's V2G_SECC_Sequence_Timeout: after this long without a request it closes."""

POLL_S: Final = 0.1
"""Between an answer Ongoing and the next request."""
AFTER_FAULT_S: Final = SEQUENCE_S + 15.0
"""How long a car that has done something wrong waits for the station to end the talk."""
