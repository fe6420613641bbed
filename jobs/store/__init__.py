"""The table of jobs in SQLite or PostgreSQL: what is in it is true, whatever a process remembers."""
