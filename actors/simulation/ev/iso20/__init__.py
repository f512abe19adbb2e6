"""ISO 15118-20 from the car's side: AC and DC, both directions, scheduled and dynamic control."""
