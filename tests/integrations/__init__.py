"""Guests and the packages that people use, as they are installed."""
