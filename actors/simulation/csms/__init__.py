"""A simulated back-end (CSMS) for OCPP 1.6, 2.0.1 and 2.1: `evsite csms`. A program of its own, no actor.

What decides knows no socket and no clock:

- `script`, `values`, `script_file`  what the YAML file says, and how it is read
- `matching`, `templates`  patterns over messages, and what is filled into payloads
- `effects`, `record`      what is to be done, and the lines that are written down
- `door`                   whether a station may connect, and in which version
- `tokens`, `authority`, `installation`, `transactions`  what the answers stand on
- `answers`, `answers16`, `answering`  the answer to each action, and what the script makes of it
- `spoiling`               faults of answers
- `scenes`, `stage`        what is asked of stations, and when
- `asking`                 calls of ours, and what becomes of them
- `conversation`, `hub`, `backend`  one connection, what all share, and all of them together
- `ledger`, `ledger16`     the judgement over every transaction of a record
- `recent`, `view`         the newest entries, and a line for people for each

What touches the world: `server`, `link`, `contexts`, `control`, `run`, `screen`, `sink`, `pki_files` and
`commands`.
"""
