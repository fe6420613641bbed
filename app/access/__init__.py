"""Who may send photos, and how many: API keys, rate limits, addresses."""
