"""The first schema, and one that alters the parent's table."""
