"""The real services the tests speak to: used where reachable, else started, else installed."""
