"""Photos that are done later: the table of jobs, their photos and results, and what works them off. No HTTP here."""
