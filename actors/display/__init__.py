"""Messages for the station's display."""
