"""Extension modules that keep state as real ones do, compiled for a test."""

from __future__ import annotations

import subprocess
import sysconfig
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["build_library", "build_module"]

_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")

_MODULE = r"""
#include <Python.h>
#include <pthread.h>

DECLARATIONS

FUNCTIONS

static PyMethodDef methods[] = {METHODS {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "NAME", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_NAME(void) { return PyModule_Create(&definition); }
"""
_SOURCES = {
    # Counts how often it was called, in a static variable.
    "count": (
        "",
        """
static PyObject *count(PyObject *self, PyObject *nothing) {
    static long calls;
    return PyLong_FromLong(++calls);
}
""",
    ),
    # As above, in a library of its own.
    "linked_count": (
        "extern long library_calls(void);",
        """
static PyObject *linked_count(PyObject *self, PyObject *nothing) {
    return PyLong_FromLong(library_calls());
}
""",
    ),
    # Has threads that CPython does not know call a function so many times each.
    "call_back": (
        "",
        """
static long times;
static PyObject *function;

static void *call(void *nothing) {
    for (long i = 0; i < times; ++i) {
        PyGILState_STATE outer = PyGILState_Ensure();
        PyGILState_STATE inner = PyGILState_Ensure();
        if (!PyGILState_Check()) Py_FatalError("not attached");
        PyObject *result = PyObject_CallNoArgs(function);
        if (result == NULL) PyErr_WriteUnraisable(function);
        Py_XDECREF(result);
        Py_BEGIN_ALLOW_THREADS
        PyGILState_STATE again = PyGILState_Ensure();
        Py_DECREF(PyLong_FromLong(1 << 20));
        PyGILState_Release(again);
        Py_END_ALLOW_THREADS
        PyGILState_Release(inner);
        PyGILState_Release(outer);
    }
    return NULL;
}

static PyObject *call_back(PyObject *self, PyObject *args) {
    pthread_t threads[16];
    int count;
    if (!PyArg_ParseTuple(args, "Oil", &function, &count, &times)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < count; ++i) pthread_create(&threads[i], NULL, call, NULL);
    for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(PyGILState_Check());
}
""",
    ),
    # Has a thread that CPython does not know call a function for ever.
    "call_for_ever": (
        "",
        """
static PyObject *function;

static void *call(void *nothing) {
    for (;;) {
        PyGILState_STATE state = PyGILState_Ensure();
        Py_XDECREF(PyObject_CallNoArgs(function));
        PyErr_Clear();
        PyGILState_Release(state);
    }
    return NULL;
}

static PyObject *call_for_ever(PyObject *self, PyObject *callable) {
    pthread_t thread;
    function = Py_NewRef(callable);
    pthread_create(&thread, NULL, call, NULL);
    pthread_detach(thread);
    Py_RETURN_NONE;
}
""",
    ),
    # C++: counts in a static variable that all files of a process have in common.
    "common_count": (
        """
template <class T> struct Common { static long calls; };
template <class T> long Common<T>::calls = 0;
""",
        """
static PyObject *common_count(PyObject *self, PyObject *nothing) {
    return PyLong_FromLong(++Common<int>::calls);
}
""",
    ),
}
_FLAGS = {"call_back": "METH_VARARGS", "call_for_ever": "METH_O"}
# The second one is CPython's to have, so the library is of one interpreter.
_LIBRARY = r"""
static long calls;
long library_calls(void) { return ++calls; }
"""
_PYTHON_LIBRARY = (
    _LIBRARY
    + r"""
extern long PyLong_AsLong(void *);
long library_value(void *number) { return PyLong_AsLong(number); }
"""
)


def build_module(kind: str, folder: Path, name: str, *links: Path) -> Path:
    """Compile a single-phase module with the one function of this kind's name.

    Args:
        kind: ``count``, ``linked_count``, ``call_back``, ``call_for_ever`` or
            ``common_count``.
        folder: where to.
        name: the module's.
        links: libraries that it needs, in its folder or beside that.
    """
    declarations, functions = _SOURCES[kind]
    flags = _FLAGS.get(kind, "METH_NOARGS")
    source = _MODULE.replace("DECLARATIONS", declarations)
    source = source.replace("FUNCTIONS", functions).replace("NAME", name)
    methods = f'{{"{kind}", {kind}, {flags}, NULL}},'
    cxx = "template" in declarations
    target = folder / f"{name}{_SUFFIX}"
    _compile(
        source.replace("METHODS", methods),
        target,
        *(f"-Wl,-rpath,$ORIGIN/{link.parent.name}" for link in links),
        *(str(link) for link in links),
        cxx=cxx,
    )
    return target


def build_library(path: Path, *, calls_python: bool) -> Path:
    """Compile a library that counts its calls, and calls CPython or not."""
    source = _PYTHON_LIBRARY if calls_python else _LIBRARY
    _compile(source, path, f"-Wl,-soname,{path.name}")
    return path


def _compile(source: str, target: Path, *options: str, cxx: bool = False) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    compiler = ["c++", "-xc++"] if cxx else ["cc", "-xc"]
    subprocess.run(
        [
            *compiler,
            "-",
            "-xnone",
            "-shared",
            "-fPIC",
            f"-I{sysconfig.get_path('include')}",
            "-o",
            str(target),
            *options,
        ],
        input=source.encode(),
        check=True,
    )
