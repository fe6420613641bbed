"""What was measured: speed and memory, beside the published tools and over time."""
