"""Pure ASGI middleware: what happens to a request before its body is read."""
