"""Smart charging (block K of OCPP 2): what charging profiles say, and what comes of all of them together."""
