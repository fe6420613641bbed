"""HTTP: requests in, answers out. Nothing outside this package and `app.connection` knows of it."""
