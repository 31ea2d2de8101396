#pragma once

#include "core/python.hpp"

namespace subinterp {

/// Make the module of a private copy of an extension module, in the attached guest.
///
/// CPython's loader would call the copy's `PyInit_` function in the host first, and refuse
/// what does not declare support for several GILs. Neither is needed where the copy serves one
/// interpreter only, and the first would leave objects of the host in it.
///
/// `name` is what stands behind `PyInit` in the name of its function. Returns a new reference,
/// or null with an ImportError or what the module raised; the module is still to be executed.
/// What is loaded is never unloaded. `loading` counts how many the guest is loading.
PyObject *load_extension(PyObject *spec, const char *path, const char *name, int &loading);

/// Execute such a module; it may make others meanwhile. False with an exception set.
bool execute_extension(PyObject *module, int &loading);

/// Load a library that copies need, so that they find it by its name. False with an
/// ImportError set.
bool load_library(const char *path);

/// The path of the library that what is loaded next finds by this name; null if none is loaded.
const char *library_named(const char *name);

} // namespace subinterp
