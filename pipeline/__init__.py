"""The pipeline of one photo, from bytes to the restored picture. It knows nothing of HTTP."""
