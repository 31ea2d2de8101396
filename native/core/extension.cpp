#include "core/extension.hpp"

#include <dlfcn.h>
#include <link.h>
#include <string>

namespace subinterp {

namespace {

/// While it lives, the attached interpreter takes modules that declare no support for it.
class AnyModule {
public:
    AnyModule() : imp_(PyImport_ImportModule("_imp")) { before_ = change(-1); }
    AnyModule(const AnyModule &) = delete;
    AnyModule &operator=(const AnyModule &) = delete;
    ~AnyModule() {
        PyObject *raised = PyErr_GetRaisedException();
        change(before_);
        PyErr_SetRaisedException(raised);
        Py_XDECREF(imp_);
    }

    /// False with an exception set.
    explicit operator bool() const { return known_; }

private:
    int change(int value) {
        PyObject *old =
            imp_ != nullptr
                ? PyObject_CallMethod(imp_, "_override_multi_interp_extensions_check", "i", value)
                : nullptr;
        known_ = old != nullptr;
        const int result = known_ ? PyLong_AsInt(old) : 0;
        Py_XDECREF(old);
        return result;
    }

    PyObject *imp_;
    bool known_ = false;
    int before_ = 0;
};

void *open(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
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

PyObject *from_definition(PyObject *definition, PyObject *spec) {
    AnyModule any;
    return any ? PyModule_FromDefAndSpec(reinterpret_cast<PyModuleDef *>(definition), spec)
               : nullptr;
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

PyObject *load_extension(PyObject *spec, const char *path, const char *name) {
    void *library = open(path);
    if (library == nullptr) {
        return nullptr;
    }
#if PY_VERSION_HEX >= 0x030F0000
    // PEP 793. Some modules have both, for older versions.
    if (auto *table = find<const PySlot *(*)()>(library, std::string("PyModExport") + name)) {
        AnyModule any;
        return any ? PyModule_FromSlotsAndSpec(table(), spec) : nullptr;
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
    return PyObject_TypeCheck(result, &PyModuleDef_Type) ? from_definition(result, spec)
                                                         : known_by_definition(result);
}

bool load_library(const char *path) { return open(path) != nullptr; }

const char *library_named(const char *name) {
    link_map *library = nullptr;
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) {
        dlerror(); // forget it
        return nullptr;
    }
    // Not closed: a library that was loaded for a guest stays.
    return dlinfo(handle, RTLD_DI_LINKMAP, &library) == 0 ? library->l_name : nullptr;
}

} // namespace subinterp
