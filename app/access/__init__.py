"""Access: API keys, rate limits, and the addresses of clients and proxies."""
