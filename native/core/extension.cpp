#include "core/extension.hpp"

#include <dlfcn.h>
#include <link.h>
#include <string>

namespace subinterp {

namespace {

/// While one lives, the attached interpreter takes modules that declare no support for it.
///
/// The guest's threads may load several at once: the last one puts it back. Counted with the
/// guest's GIL, which is not given up in between.
class AnyModule {
public:
    explicit AnyModule(int &loading) : loading_(loading) {
        allowed_ = loading_++ > 0 || override_check(-1);
    }
    AnyModule(const AnyModule &) = delete;
    AnyModule &operator=(const AnyModule &) = delete;
    ~AnyModule() {
        if (--loading_ == 0) {
            PyObject *raised = PyErr_GetRaisedException();
            override_check(0);
            PyErr_SetRaisedException(raised);
        }
    }

    /// False with an exception set.
    explicit operator bool() const { return allowed_; }

private:
    static bool override_check(int value) {
        PyObject *imp = PyImport_ImportModule("_imp");
        PyObject *old =
            imp != nullptr
                ? PyObject_CallMethod(imp, "_override_multi_interp_extensions_check", "i", value)
                : nullptr;
        Py_XDECREF(old);
        Py_XDECREF(imp);
        return old != nullptr;
    }

    int &loading_;
    bool allowed_;
};

void *open(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): each thread has its own, POSIX.1-2024
        PyErr_SetString(PyExc_ImportError, dlerror());
    }
    return library;
}

template <class Function>
Function find(void *library, const std::string &name) {
    return reinterpret_cast<Function>(dlsym(library, name.c_str()));
}

/// What an initialization function has returned, if it kept to the rules; else null with an
/// exception set.
PyObject *checked(PyObject *result, const std::string &function) {
    if (result == nullptr) {
        if (PyErr_Occurred() == nullptr) {
            PyErr_Format(PyExc_SystemError, "%s failed without raising an exception",
                         function.c_str());
        }
        return nullptr;
    }
    if (PyErr_Occurred() != nullptr) {
        PyErr_Format(PyExc_SystemError, "%s raised an exception and returned a value",
                     function.c_str());
        return nullptr;
    }
    if (Py_TYPE(result) == nullptr) { // PyModuleDef_Init() has not been called
        PyErr_Format(PyExc_SystemError, "%s returned an uninitialized object", function.c_str());
        return nullptr;
    }
    return result;
}

/// A module of the old kind, which its function has made, and executed.
PyObject *known_by_definition(PyObject *module) {
    PyModuleDef *definition = PyModule_Check(module) ? PyModule_GetDef(module) : nullptr;
    if (definition == nullptr) {
        PyErr_SetString(PyExc_SystemError, "an initialization function returned no module");
        return nullptr;
    }
    // For its own PyState_FindModule().
    if (PyState_AddModule(module, definition) != 0) {
        return nullptr;
    }
    return module;
}

} // namespace

PyObject *load_extension(PyObject *spec, const char *path, const char *name, int &loading) {
    const AnyModule any(loading);
    if (!any) {
        return nullptr;
    }
    void *library = open(path);
    if (library == nullptr) {
        return nullptr;
    }
#if PY_VERSION_HEX >= 0x030F0000
    // PEP 793. Some modules have both, for older versions.
    if (auto *table = find<const PySlot *(*)()>(library, std::string("PyModExport") + name)) {
        return PyModule_FromSlotsAndSpec(table(), spec);
    }
#endif
    const std::string function = std::string("PyInit") + name;
    auto *initialize = find<PyObject *(*)()>(library, function);
    if (initialize == nullptr) {
        PyErr_Format(PyExc_ImportError,
                     "dynamic module does not define module export function (%s)",
                     function.c_str());
        return nullptr;
    }
    PyObject *result = checked(initialize(), function);
    if (result == nullptr) {
        return nullptr;
    }
    if (PyObject_TypeCheck(result, &PyModuleDef_Type)) {
        return PyModule_FromDefAndSpec(reinterpret_cast<PyModuleDef *>(result), spec);
    }
    return known_by_definition(result);
}

bool execute_extension(PyObject *module, int &loading) {
    const AnyModule any(loading);
    PyObject *imp = any ? PyImport_ImportModule("_imp") : nullptr;
    PyObject *done =
        imp != nullptr ? PyObject_CallMethod(imp, "exec_dynamic", "O", module) : nullptr;
    Py_XDECREF(done);
    Py_XDECREF(imp);
    return done != nullptr;
}

bool load_library(const char *path) { return open(path) != nullptr; }

const char *library_named(const char *name) {
    link_map *library = nullptr;
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) {
        return nullptr;
    }
    // Not closed: a library that was loaded for a guest stays.
    return dlinfo(handle, RTLD_DI_LINKMAP, static_cast<void *>(&library)) == 0 ? library->l_name
                                                                               : nullptr;
}

} // namespace subinterp
