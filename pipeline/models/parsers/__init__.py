"""Face parsers: which pixels of a crop are face."""
