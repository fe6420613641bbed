"""Webhooks: what is sent at the end of a job, how it is signed, and when it is sent again."""
