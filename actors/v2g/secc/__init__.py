"""The station's side of a V2G talk (SECC), sans-IO: what it decides, and nothing else.

`machine.decide` takes one input (`exchange`: a frame of the car, a command of the EVSE manager, an answer, an
expired timer) together with the state, and gives the next state and what is to be done. State is data
(`state.State`), so the process that decides can die at any moment: whoever holds the state feeds the same
input to a successor and gets the same decision. Randomness, time and settings are arguments.

One folder per protocol, each with its table of allowed messages and one file per phase; what they share
stands here: the handshake, authorization, what the station has told (`station`). DIN 70121 and ISO 15118-2
are built alike and share more: the `conversation`, and `direct_current` with the `outlet`.
"""
