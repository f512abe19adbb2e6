"""The link to the CSMS: whom to dial and when, TLS and websocket over bytes, and who waits for which answer.

- `target`      what a profile's URL and identity come to, and whether the profile can be used
- `dialling`    which profile is tried next, and after what time
- `channel`     one connection as bytes: TLS, upgrade, frames
- `rpc`         one CALL each way, answers by id, schemas
- `watchdog`    pings, and when their pongs are overdue
- `troubles`    what went wrong, in the words of `actors.ocpp.messages`
- `blotting`    frames without passwords, for logs
- `preparation`, `material`, `resolver`, `line`: the shell, with files, a thread and a socket
"""
