"""Exit statuses of the commands."""

SOME_FAILED = 1
USAGE_ERROR = 2
INTERRUPTED = 130  # what shells give for Ctrl-C
