"""The front door: every arrival is read, normalised, identified, judged and published."""
