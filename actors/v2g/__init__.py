"""Talking to the car: the link that holds its socket and the session that decides."""
