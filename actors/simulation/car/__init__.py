"""A simulated car that stands at an EVSE: what it does with plug, pilot and power, and the talk it has."""
