"""One job done: from what is stored of it to its result."""
