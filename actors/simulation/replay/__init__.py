"""The car's side of a recorded talk, played again to a station: `evsite replay`."""
