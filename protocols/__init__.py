"""What is said: messages, their types and codecs. Imports nothing from actors or certs."""
