"""What is known of packages in private copies."""

from __future__ import annotations

__all__ = ["NOT_THREAD_SAFE", "REFUSED", "REFUSED_LIBRARIES", "TESTED"]

# By the name of the distribution; versions by which the table of tools/packages.py
# was made, on 3.13 and 3.14: those that begin so.
TESTED: dict[str, tuple[str, ...]] = {
    "aiohttp": ("3.14.",),
    "cffi": ("2.1.",),
    "charset-normalizer": ("3.5.",),
    "contourpy": ("1.4.",),
    "cryptography": ("50.0.",),
    "duckdb": ("2.0.",),
    "frozenlist": ("1.8.",),
    "grpcio": ("1.85.",),
    "h5py": ("3.16.",),
    "kiwisolver": ("1.5.",),
    "lxml": ("6.1.",),
    "markupsafe": ("3.0.",),
    "matplotlib": ("3.11.",),
    "msgpack": ("1.2.",),
    "multidict": ("7.2.",),
    "numexpr": ("2.14.",),
    "numpy": ("2.5.",),
    "orjson": ("3.13.",),
    "pandas": ("3.1.",),
    "pillow": ("13.0.",),
    "polars-runtime-32": ("2.1.",),
    "propcache": ("0.5.",),
    "protobuf": ("7.36.",),
    "psutil": ("7.2.",),
    "pyarrow": ("26.0.",),
    "pydantic-core": ("2.50.",),
    "pyyaml": ("6.0.",),
    "pyzmq": ("27.3.",),
    "regex": ("2026.11.",),
    "rpds-py": ("2026.9.",),
    "scikit-learn": ("1.9.",),
    "scipy": ("1.18.",),
    "shapely": ("2.2.",),
    "sqlalchemy": ("2.1.",),
    "statsmodels": ("0.15.",),
    "tiktoken": ("0.14.",),
    "tokenizers": ("0.23.",),
    "wrapt": ("2.5.",),
    "yarl": ("1.25.",),
}

# By the name of the import.
REFUSED: dict[str, str] = {
    "torch": "its runtime is one for the whole process",
    "jax": "its runtime is one for the whole process",
    "jaxlib": "its runtime is one for the whole process",
    "tensorflow": "its runtime is one for the whole process",
    "cupy": "CUDA's runtime is one for the whole process",
    "greenlet": "it cleans up after a thread in the host, by Py_AddPendingCall",
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
