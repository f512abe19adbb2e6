"""What is said to a back-end: the frames of OCPP-J, their schemas, and the payloads of OCPP 2.

- `version`   the versions, by the names of their websocket subprotocols
- `errors`    the codes of CALLERROR, and the error that carries one
- `frames`    CALL, CALLRESULT, CALLERROR, CALLRESULTERROR and SEND, from text and to text
- `schemas`   every payload against the schema of its version, both ways
- `payloads`  payloads as the dataclasses of the package `ocpp`; one set of types for 2.0.1 and 2.1
- `projection`  what of a 2.1 payload a 2.0.1 peer understands
- `times`     date-times as back-ends write them
"""
