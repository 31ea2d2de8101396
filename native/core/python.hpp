/// Python.h for the core, included first as CPython requires (it sets feature macros
/// that change the standard headers).
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifdef Py_GIL_DISABLED
#    error "subinterp needs a CPython build with a GIL: guests get one each"
#endif
