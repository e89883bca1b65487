"""Whole installations of Guichê as real processes, driven as a user drives them."""
