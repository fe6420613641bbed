"""Image files: bytes to a photo and back."""
