"""The networks: which there are, where their files lie, how they run, and one thin adapter for each."""
