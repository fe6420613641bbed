"""Jobs over HTTP: how they are submitted, shown, watched, and how their results are answered."""
