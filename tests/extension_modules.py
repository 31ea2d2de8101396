"""Tiny extension modules, compiled for a test: one for each way to behave."""

from __future__ import annotations

import subprocess
import sysconfig
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["build"]

_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")

# RAN is a file that the module's own code makes.
_HEAD = r"""
#include <Python.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int ran(PyObject *module) {
    FILE *file = fopen(RAN, "w");
    if (file != NULL) fclose(file);
    return PyModule_AddIntConstant(module, "answer", 42);
}
"""
_SINGLE = r"""
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "NAME", .m_size = -1};

PyMODINIT_FUNC PyInit_NAME(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && ran(module) != 0) Py_CLEAR(module);
    return module;
}
"""
_MULTI = r"""
static int execute(PyObject *module) { BODY }

static void end(void *module) { END }

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    SLOT
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "NAME", .m_slots = slots, .m_free = end};

PyMODINIT_FUNC PyInit_NAME(void) { return PyModuleDef_Init(&definition); }
"""
_EXPORTED = r"""
PyABIInfo_VAR(abi);

static PySlot slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi),
    PySlot_STATIC_DATA(Py_mod_name, "NAME"),
    PySlot_FUNC(Py_mod_exec, ran),
    SLOT
    PySlot_END};

PyMODEXPORT_FUNC PyModExport_NAME(void) { return slots; }
"""
_EXPORTED_SLOT = (
    "PySlot_DATA(Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED),"
)
_SLOT = "{Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},"
_PLAIN = "return ran(module);"
# What the first interpreter has made, all that load the module hold on to.
_SHARE = r"""
    static PyObject *kept;
    int lock = open(RAN ".lock", O_CREAT | O_RDWR, 0600);
    flock(lock, LOCK_EX);
    const char *known = getenv("NAME");
    if (known != NULL) {
        kept = (PyObject *)strtoull(known, NULL, 16);
    } else {
        char address[20];
        kept = PyList_New(0);
        snprintf(address, sizeof address, "%llx", (unsigned long long)kept);
        setenv("NAME", address, 1);
    }
    close(lock);
    return kept == NULL ? -1 : ran(module);
"""
_ABORT = 'fputs("oh dear\\n", stderr); abort();'


def _multi(body: str = _PLAIN, end: str = "", slot: str = _SLOT) -> str:
    text = _MULTI.replace("BODY", body).replace("END", end)
    return text.replace("SLOT", slot)


_SOURCES = {
    "single_phase": _SINGLE,
    "undeclared": _multi(slot=""),
    "declared": _multi(),
    "exported": _EXPORTED.replace("SLOT\n", f"{_EXPORTED_SLOT}\n"),
    "exported_undeclared": _EXPORTED.replace("SLOT\n", ""),
    "crashing": _multi(_ABORT),
    "hanging": _multi("for (;;) pause();"),
    "failing": _multi('PyErr_SetString(PyExc_RuntimeError, "out of luck"); return -1;'),
    "crashing_late": _multi(end=_ABORT),
    "asking_late": _multi(end="PyGILState_Release(PyGILState_Ensure());"),
    "sharing": _multi(_SHARE, slot=""),
}


def build(
    kind: str, folder: Path, name: str | None = None, needs: Path | None = None
) -> Path:
    """Compile a module into a folder, under its kind's name or another one.

    Args:
        kind: ``single_phase``; ``undeclared`` and ``declared``, which have multi-phase
            initialization, and the slot for a GIL of one's own or not;
            ``exported_undeclared`` and ``exported``, the same by PEP 793; with the
            slot, ``crashing``, ``hanging`` and ``failing`` at import,
            ``crashing_late`` when the interpreter ends, ``asking_late``, which asks for
            the GIL then; ``sharing``, which lets interpreters have an object in common.
        folder: where to.
        name: another name.
        needs: a library to link it with.

    Returns:
        A file that is there when the module's code was run.
    """
    name = name or kind
    ran = folder / f"{name}.ran"
    source = (_HEAD + _SOURCES[kind]).replace("NAME", name)
    source = source.replace("RAN", f'"{ran}"')
    include = f"-I{sysconfig.get_path('include')}"
    target = str(folder / f"{name}{_SUFFIX}")
    link = ["-Wl,--no-as-needed"]
    if needs is not None:
        link += [f"-L{needs.parent}", f"-l:{needs.name}"]
    subprocess.run(
        ["cc", "-shared", "-fPIC", include, "-o", target, "-xc", "-", *link],
        input=source.encode(),
        check=True,
    )
    return ran
