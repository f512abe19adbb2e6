"""V2G messages for people: `evsite decode`, `evsite encode`, and the pure functions that they call."""
