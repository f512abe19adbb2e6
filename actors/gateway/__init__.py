"""The Gateway: the site over HTTP and WebSocket, for people, programs and their parts (issue 8)."""
