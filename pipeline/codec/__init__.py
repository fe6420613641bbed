"""Image files: from bytes to a photo and back."""
