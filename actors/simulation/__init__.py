"""What stands in for the world: simulated cars today. A product part, for its users' own tests too."""
