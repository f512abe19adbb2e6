"""Energy meters on Modbus: register maps, questions and answers, and the actor that asks."""
