"""A simulated back-end (CSMS) for OCPP 1.6, 2.0.1 and 2.1: `evsite csms`. A program of its own, no actor.

What decides knows no socket and no clock:

- `script`, `script_file`  what the YAML file says, and how it is read
- `matching`, `templates`  patterns over messages, and what is filled into payloads
- `effects`, `record`      what is to be done, and the lines that are written down
- `door`                   whether a station may connect, and in which version
- `tokens`, `contracts`, `authority`, `installation`, `transactions`  what the answers stand on
- `answers`, `answers16`   the answer to each action
- `spoiling`               faults of answers
- `scenes`                 what is asked of stations, and when
- `conversation`, `backend`  one connection, and all of them together
- `ledger`, `ledger16`     the judgement over every transaction of a record
- `view`                   a line for people for each entry

What touches the world: `server`, `control`, `sink`, `pki_files`, `commands`.
"""
