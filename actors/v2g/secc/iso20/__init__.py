"""The station's side of ISO 15118-20, sans-IO: `table` says what is allowed when, the rest what it means."""
