"""The HTTP server: uvicorn with our own protocol, transport and shutdown."""
