"""Tortoise's own migrations; each runs on SQLite and PostgreSQL (LIBRARIES.md part 2).

Tortoise takes the first line of a model's docstring for the table's comment and splits the
statement at semicolons, so those lines hold none.
"""
