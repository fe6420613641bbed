"""What begins jobs, and tells what happens to them. Here the serving process does them itself."""
