"""ISO 15118-2 from the car's side: `table` says what follows what, the rest makes and reads the messages."""
