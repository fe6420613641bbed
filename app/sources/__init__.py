"""Sources: where a photo comes from that is not in the request, which is an address on the web."""
