"""HTTP: requests in, answers out. Besides this package only `app.connection` and `app.observe` know of HTTP."""
