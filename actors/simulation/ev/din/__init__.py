"""DIN SPEC 70121 from the car's side: DC charging, paid for by other means."""
