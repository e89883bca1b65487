"""Bringing old mail in: readers of mailbox files, and the walk of each mail to its ticket."""
