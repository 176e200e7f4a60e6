"""Members, organisation tree, access log, tokens, jobs."""
