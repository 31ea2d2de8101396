#include "core/frames.hpp"

namespace subinterp {

namespace {

/// A dict with one entry for each thread of the attached interpreter: CPython's thread
/// identifier, and what `value_of` says (a new reference; null: leave the thread out).
template <class ValueOf>
PyObject *by_thread(ValueOf value_of) {
    PyObject *result = PyDict_New();
    if (result == nullptr) {
        return nullptr;
    }
    // States leave this list only with the GIL that is held here, and enter at its head.
    PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    for (; state != nullptr; state = PyThreadState_Next(state)) {
        PyObject *value = value_of(state);
        if (value == nullptr) {
            continue;
        }
        PyObject *ident = PyLong_FromUnsignedLong(state->thread_id);
        const bool added = ident != nullptr && PyDict_SetItem(result, ident, value) == 0;
        Py_XDECREF(ident);
        Py_DECREF(value);
        if (!added) {
            Py_DECREF(result);
            return nullptr;
        }
    }
    return result;
}

/// The exception that a thread is handling, as sys.exception() would say there.
PyObject *handled_exception(PyThreadState *state) {
    for (_PyErr_StackItem *item = state->exc_info; item != nullptr; item = item->previous_item) {
        if (item->exc_value != nullptr && item->exc_value != Py_None) {
            return Py_NewRef(item->exc_value);
        }
    }
    return Py_NewRef(Py_None);
}

} // namespace

PyObject *current_frames() {
    return by_thread([](PyThreadState *state) {
        return reinterpret_cast<PyObject *>(PyThreadState_GetFrame(state));
    });
}

PyObject *current_exceptions() {
    return by_thread([](PyThreadState *state) -> PyObject * {
        PyFrameObject *frame = PyThreadState_GetFrame(state);
        if (frame == nullptr) {
            return nullptr; // CPython leaves out threads without a frame, too
        }
        Py_DECREF(frame);
        return handled_exception(state);
    });
}

} // namespace subinterp
