"""What is known of packages in private copies."""

from __future__ import annotations

__all__ = ["NOT_THREAD_SAFE", "REFUSED", "REFUSED_LIBRARIES", "TESTED"]

# Versions by which the whole table was run, see tools/packages: what begins so.
TESTED: dict[str, tuple[str, ...]] = {
    "numpy": ("2.5.",),
}

# By the name of the import.
REFUSED: dict[str, str] = {
    "torch": "its runtime is one for the whole process",
    "jax": "its runtime is one for the whole process",
    "jaxlib": "its runtime is one for the whole process",
    "tensorflow": "its runtime is one for the whole process",
    "cupy": "CUDA's runtime is one for the whole process",
    "numba": "it compiles with an LLVM that two interpreters would share",
    "llvmlite": "its LLVM would be shared by two interpreters",
}

# By the beginning of the name of a library that is needed.
REFUSED_LIBRARIES: dict[bytes, str] = {
    b"libtorch": "PyTorch's runtime is one for the whole process",
    b"libcuda": "CUDA's runtime is one for the whole process",
    b"libnccl": "CUDA's runtime is one for the whole process",
    b"libQt": "a GUI is one for the whole process",
    b"libgtk": "a GUI is one for the whole process",
}

# C libraries that keep state without a lock: one guest must not meet another in them.
NOT_THREAD_SAFE: tuple[bytes, ...] = (b"libhdf5",)
