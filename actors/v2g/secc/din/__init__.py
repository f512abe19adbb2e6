"""The station's side of DIN 70121, sans-IO: `table` says what is allowed when, the rest what it means."""
