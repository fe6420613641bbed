"""The HTTP server: uvicorn with a protocol, a transport and a shutdown of our own."""
