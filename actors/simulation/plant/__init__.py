"""The simulated hardware behind one EVSE's drivers: board, supply, cable and what the car does at its end."""
