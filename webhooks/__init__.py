"""The counter: what other systems post to us, the API, and the pages."""
