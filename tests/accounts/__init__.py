"""Accounts: one-time links, passwords, second factors, and signs that one is shared."""
