"""The process survives whatever happens to its guests: each test runs a child of its own.

A fatal error, death by a signal, a hang or an unexpected message fails the test.
"""
