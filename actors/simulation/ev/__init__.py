"""A simulated car: the other side of the V2G talk (EVCC), with a battery, a wallet of certificates, a script.

`machine.Evcc` is the core, sans-IO: one input in, effects out (`exchange`). Each protocol has a folder with
its table: phase, request, expected response, time-outs. `runner` gives a core sockets and a clock; `commands`
is `evsite ev`.
"""
