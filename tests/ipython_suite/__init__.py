"""IPython's own tests, run inside a guest and in the host."""
