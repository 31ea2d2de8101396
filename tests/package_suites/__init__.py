"""Packages' own tests, run in the host and in guests with private copies."""
