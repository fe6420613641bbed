"""What an operator sees: the log, Prometheus metrics and traces, all made from one record of each request."""
