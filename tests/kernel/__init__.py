"""The magics in real kernels, seen by a client."""
