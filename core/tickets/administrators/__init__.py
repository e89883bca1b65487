"""A change of administrator that a board asks for: read, approved by two, told, contested or concluded (S4-22)."""
