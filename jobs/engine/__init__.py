"""What begins jobs: here the serving process itself."""
