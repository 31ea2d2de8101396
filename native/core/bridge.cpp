#include "core/bridge.hpp"

#include "core/extension.hpp"
#include "core/frames.hpp"
#include "core/guest.hpp"

#include <cmath>
#include <cstring>
#include <new>
#include <stdexcept>
#include <unistd.h> // environ
#include <utility>

namespace subinterp {

namespace {

struct BridgeState {
    Guest *guest;
    int loading; // extension modules, see load_extension()
};

BridgeState &state_of(PyObject *module) {
    return *static_cast<BridgeState *>(PyModule_GetState(module));
}

Guest &guest_of(PyObject *module) { return *state_of(module).guest; }

/// UTF-8 of a str; lone surrogates, which UTF-8 cannot say, become \udcXX as text.
bool copy_text(PyObject *text, std::string &into) {
    Py_ssize_t size = 0;
    if (const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size)) {
        into.assign(utf8, static_cast<std::size_t>(size));
        return true;
    }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        return false;
    }
    PyErr_Clear();
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (bytes == nullptr) {
        return false;
    }
    into.assign(PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes)));
    Py_DECREF(bytes);
    return true;
}

PyObject *bridge_emit(PyObject *module, PyObject *args) {
    unsigned long long run = 0;
    int kind = 0;
    PyObject *data = nullptr;
    if (!PyArg_ParseTuple(args, "KiO:emit", &run, &kind, &data)) {
        return nullptr;
    }
    Event event{run, static_cast<EventKind>(kind), {}};
    switch (event.kind) {
    case EventKind::stdout_text:
    case EventKind::stderr_text:
        if (!PyUnicode_Check(data)) {
            PyErr_Format(PyExc_TypeError, "emit() takes str for text, not %T", data);
            return nullptr;
        }
        if (!copy_text(data, event.payload)) {
            return nullptr;
        }
        break;
    case EventKind::message:
    case EventKind::comm:
        if (!PyBytes_Check(data)) {
            PyErr_Format(PyExc_TypeError, "emit() takes bytes for a message, not %T", data);
            return nullptr;
        }
        event.payload.assign(PyBytes_AS_STRING(data),
                             static_cast<std::size_t>(PyBytes_GET_SIZE(data)));
        break;
    default:
        PyErr_Format(PyExc_ValueError, "emit() knows no kind %d", kind);
        return nullptr;
    }
    guest_of(module).emit(std::move(event));
    Py_RETURN_NONE;
}

PyObject *bridge_ask(PyObject *module, PyObject *args) {
    unsigned long long run = 0;
    unsigned long long question = 0;
    const char *message = nullptr;
    Py_ssize_t size = 0;
    if (!PyArg_ParseTuple(args, "KKy#:ask", &run, &question, &message, &size)) {
        return nullptr;
    }
    Event event{run, EventKind::message, std::string(message, static_cast<std::size_t>(size))};
    const auto answer = guest_of(module).ask(std::move(event), question);
    if (!answer) {
        Py_RETURN_NONE;
    }
    return PyBytes_FromStringAndSize(answer->data(), static_cast<Py_ssize_t>(answer->size()));
}

PyObject *bridge_guarded(PyObject *module, PyObject *const *stack, Py_ssize_t count) {
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "guarded() takes a function and its arguments");
        return nullptr;
    }
    return guest_of(module).guarded(stack, count);
}

/// Seconds as time.sleep() takes them, with its own errors; negative: one is set.
double sleep_seconds(PyObject *argument) {
    PyObject *number = PyFloat_Check(argument) ? Py_NewRef(argument) : PyNumber_Index(argument);
    if (number == nullptr) {
        return -1;
    }
    const double seconds = PyFloat_AsDouble(number);
    Py_DECREF(number);
    if (seconds == -1 && PyErr_Occurred() != nullptr) {
        return -1;
    }
    if (std::isnan(seconds)) {
        PyErr_SetString(PyExc_ValueError, "Invalid value NaN (not a number)");
        return -1;
    }
    if (seconds < 0) {
        PyErr_SetString(PyExc_ValueError, "sleep length must be non-negative");
        return -1;
    }
    constexpr double longest = 9.2e9; // what a 64-bit count of nanoseconds holds
    if (seconds > longest) {
        PyErr_SetString(PyExc_OverflowError, "timestamp too large to convert to C PyTime_t");
        return -1;
    }
    return seconds;
}

PyObject *bridge_sleep(PyObject *module, PyObject *argument) {
    const double seconds = sleep_seconds(argument);
    if (seconds < 0) {
        return nullptr;
    }
    constexpr double century = 3.2e9; // now + this still fits the clock
    const auto length = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::fmin(seconds, century)));
    guest_of(module).sleep_until(Clock::now() + length);
    Py_RETURN_NONE;
}

PyObject *bridge_raise_in_thread(PyObject *module, PyObject *args) {
    unsigned long ident = 0;
    PyObject *exception = nullptr;
    if (!PyArg_ParseTuple(args, "kO:raise_in_thread", &ident, &exception)) {
        return nullptr;
    }
    return PyBool_FromLong(guest_of(module).raise_in_thread(ident, exception));
}

PyObject *bridge_rest(PyObject *module, PyObject *args) {
    unsigned long ident = 0;
    const char *request = nullptr;
    Py_ssize_t size = 0;
    int fd = -1;
    if (!PyArg_ParseTuple(args, "ky#i:rest", &ident, &request, &size, &fd)) {
        return nullptr;
    }
    guest_of(module).rest(ident, std::string(request, static_cast<std::size_t>(size)), fd);
    Py_RETURN_NONE;
}

PyObject *bridge_rename(PyObject *module, PyObject *argument) {
    std::string name;
    if (!PyUnicode_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "rename() takes a str, not %T", argument);
        return nullptr;
    }
    if (!copy_text(argument, name) || PyObject_SetAttrString(module, "name", argument) != 0) {
        return nullptr;
    }
    guest_of(module).rename(std::move(name));
    Py_RETURN_NONE;
}

/// As CPython fills os.environb when a new interpreter first imports os.
PyObject *bridge_environment(PyObject *, PyObject *) {
    PyObject *result = PyDict_New();
    for (char **entry = environ; result != nullptr && entry != nullptr && *entry != nullptr;
         ++entry) {
        const char *equals = std::strchr(*entry, '=');
        if (equals == nullptr) {
            continue;
        }
        PyObject *key = PyBytes_FromStringAndSize(*entry, equals - *entry);
        PyObject *value = PyBytes_FromString(equals + 1);
        if (key == nullptr || value == nullptr ||
            PyDict_SetDefaultRef(result, key, value, nullptr) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return result;
}

PyObject *bridge_current_frames(PyObject *, PyObject *) { return current_frames(); }

PyObject *bridge_current_exceptions(PyObject *, PyObject *) { return current_exceptions(); }

PyObject *bridge_slot(PyObject *module, PyObject *) {
    try {
        return PyLong_FromLong(guest_of(module).slot());
    } catch (const std::exception &error) {
        PyErr_SetString(PyExc_ImportError, error.what());
        return nullptr;
    }
}

PyObject *bridge_load_extension(PyObject *module, PyObject *args) {
    PyObject *spec = nullptr;
    PyObject *path = nullptr;
    const char *name = nullptr;
    if (!PyArg_ParseTuple(args, "OO&s:load_extension", &spec, PyUnicode_FSConverter, &path,
                          &name)) {
        return nullptr;
    }
    PyObject *result =
        load_extension(spec, PyBytes_AS_STRING(path), name, state_of(module).loading);
    Py_DECREF(path);
    return result;
}

PyObject *bridge_execute_extension(PyObject *module, PyObject *extension) {
    return execute_extension(extension, state_of(module).loading) ? Py_NewRef(Py_None) : nullptr;
}

PyObject *bridge_load_library(PyObject *, PyObject *argument) {
    PyObject *path = nullptr;
    if (PyUnicode_FSConverter(argument, static_cast<void *>(&path)) == 0) {
        return nullptr;
    }
    const bool loaded = load_library(PyBytes_AS_STRING(path));
    Py_DECREF(path);
    return loaded ? Py_NewRef(Py_None) : nullptr;
}

PyObject *bridge_library_named(PyObject *, PyObject *name) {
    const char *text = PyBytes_AsString(name);
    if (text == nullptr) {
        return nullptr;
    }
    const char *path = library_named(text);
    return path != nullptr ? PyUnicode_DecodeFSDefault(path) : Py_NewRef(Py_None);
}

PyMethodDef methods[] = {
    {"emit", bridge_emit, METH_VARARGS,
     "emit(run, kind, data)\n--\n\nSend text or a message of a run to the host."},
    {"ask", bridge_ask, METH_VARARGS,
     "ask(run, question, message)\n--\n\n"
     "Send a message that asks, and wait for the answer; None: an exception came first."},
    {"guarded", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(bridge_guarded)),
     METH_FASTCALL,
     "guarded(function, /, *args)\n--\n\nCall function; interrupts arise in it, only."},
    {"sleep", bridge_sleep, METH_O, "sleep(seconds)\n--\n\ntime.sleep() that an interrupt wakes."},
    {"raise_in_thread", bridge_raise_in_thread, METH_VARARGS,
     "raise_in_thread(ident, exception)\n--\n\n"
     "Raise in another thread of this guest; 0: in all without a frame."},
    {"rest", bridge_rest, METH_VARARGS,
     "rest(ident, request, fd)\n--\n\n"
     "Have a thread of the host's do a request while it has no job."},
    {"rename", bridge_rename, METH_O,
     "rename(name)\n--\n\nGive this guest, and the calling home thread, its name."},
    {"environment", bridge_environment, METH_NOARGS,
     "environment()\n--\n\nThe process's environment now, as os.environb."},
    {"current_frames", bridge_current_frames, METH_NOARGS,
     "current_frames()\n--\n\nsys._current_frames() of this interpreter."},
    {"current_exceptions", bridge_current_exceptions, METH_NOARGS,
     "current_exceptions()\n--\n\nsys._current_exceptions() of this interpreter."},
    {"slot", bridge_slot, METH_NOARGS,
     "slot()\n--\n\nThe number of this guest's private copies; taken by the first call."},
    {"load_extension", bridge_load_extension, METH_VARARGS,
     "load_extension(spec, path, name)\n--\n\n"
     "Make the module of a private copy, by its function PyInit<name>."},
    {"execute_extension", bridge_execute_extension, METH_O,
     "execute_extension(module)\n--\n\nExecute the module of a private copy."},
    {"load_library", bridge_load_library, METH_O,
     "load_library(path)\n--\n\nLoad a library, so that what is loaded next finds its name."},
    {"library_named", bridge_library_named, METH_O,
     "library_named(name)\n--\n\nThe path of the library that has this name, or None."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef_Slot slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, nullptr},
};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "_subinterp",
    "What a guest's Python code asks of subinterp's native part.",
    sizeof(BridgeState),
    methods,
    slots,
    nullptr,
    nullptr,
    nullptr,
};

PyObject *make_spec() {
    PyObject *machinery = PyImport_ImportModule("_frozen_importlib");
    if (machinery == nullptr) {
        return nullptr;
    }
    PyObject *spec = PyObject_CallMethod(machinery, "ModuleSpec", "sO", "_subinterp", Py_None);
    Py_DECREF(machinery);
    return spec;
}

bool add_contents(PyObject *module, const Guest &guest) {
    const auto value = [](EventKind kind) { return static_cast<long>(kind); };
    return PyModule_AddIntConstant(module, "STDOUT", value(EventKind::stdout_text)) == 0 &&
           PyModule_AddIntConstant(module, "STDERR", value(EventKind::stderr_text)) == 0 &&
           PyModule_AddIntConstant(module, "MESSAGE", value(EventKind::message)) == 0 &&
           PyModule_AddIntConstant(module, "COMM", value(EventKind::comm)) == 0 &&
           PyModule_AddStringConstant(module, "name", guest.name().c_str()) == 0;
}

} // namespace

void prepare_bridge() { PyModuleDef_Init(&definition); }

bool install_bridge(Guest &guest) {
    PyObject *spec = make_spec();
    if (spec == nullptr) {
        return false;
    }
    PyObject *module = PyModule_FromDefAndSpec(&definition, spec);
    Py_DECREF(spec);
    if (module == nullptr) {
        return false;
    }
    bool installed = PyModule_ExecDef(module, &definition) == 0;
    if (installed) {
        state_of(module).guest = &guest;
        installed = add_contents(module, guest) &&
                    PyDict_SetItemString(PyImport_GetModuleDict(), "_subinterp", module) == 0;
    }
    Py_DECREF(module);
    return installed;
}

} // namespace subinterp
