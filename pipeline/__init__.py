"""The way of a photo, from bytes to the restored picture. Knows nothing of HTTP."""
