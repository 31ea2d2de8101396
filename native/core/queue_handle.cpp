#include "core/queue_handle.hpp"

#include "core/attachment.hpp"
#include "core/guest.hpp"
#include "core/native_thread.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <utility>

namespace subinterp {

namespace {

using Outcome = MessageQueue::Outcome;

struct HandleObject {
    PyObject_HEAD std::shared_ptr<MessageQueue> queue;
    const CrossingTypes *types;
};

HandleObject *as_handle(PyObject *self) { return reinterpret_cast<HandleObject *>(self); }

MessageQueue &queue_in(PyObject *self) { return *as_handle(self)->queue; }

void handle_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    as_handle(self)->queue.~shared_ptr();
    type->tp_free(self);
    Py_DECREF(type);
}

/// See Buffer for why it exports memory.
int handle_get_buffer(PyObject *self, Py_buffer *view, int flags) {
    static char nothing = 0;
    return PyBuffer_FillInfo(view, self, &nothing, 0, 1, flags);
}

/// False with an exception set: it is the parent process's.
bool is_ours(PyObject *self) {
    if (!queue_in(self).gone()) {
        return true;
    }
    PyErr_Format(PyExc_RuntimeError,
                 "cannot use queue %llu (it lives in the parent process); make another one with "
                 "subinterp.create_queue()",
                 static_cast<unsigned long long>(queue_in(self).id()));
    return false;
}

/// None, or a time as time.monotonic() tells it.
bool read_deadline(PyObject *argument, Clock::time_point &deadline) {
    if (argument == Py_None) {
        deadline = Clock::time_point::max();
        return true;
    }
    const double end = PyFloat_AsDouble(argument);
    PyTime_t now = 0;
    if ((end == -1 && PyErr_Occurred() != nullptr) || PyTime_Monotonic(&now) != 0) {
        return false;
    }
    constexpr double century = 3.2e9; // now + this still fits the clock
    const std::chrono::duration<double> left(
        std::fmin(end - PyTime_AsSecondsDouble(now), century));
    deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(left);
    return true;
}

/// Do what waits in a guest, where an exception that is sent to this thread ends it.
template <class Operation>
Outcome wait_in_guest(Guest &guest, MessageQueue &queue, const Operation &operation,
                      Clock::time_point deadline) {
    MessageQueue::Wait wait;
    Outcome outcome = Outcome::stopped;
    guest.wait([&] { outcome = operation(deadline, wait); }, [&] { queue.stop(wait); });
    return outcome;
}

/// And in the host, where Ctrl-C does: none if that has set an exception.
template <class Operation>
std::optional<Outcome> wait_in_host(const Operation &operation, Clock::time_point deadline) {
    // A signal does not end the wait for a condition variable, and is handled on one thread.
    constexpr auto slice = std::chrono::milliseconds(50);
    const bool hears_signals = is_first_thread();
    for (;;) {
        MessageQueue::Wait wait;
        Outcome outcome = Outcome::done;
        {
            Detachment detached;
            outcome = operation(
                hears_signals ? std::min(deadline, Clock::now() + slice) : deadline, wait);
        }
        if (outcome != Outcome::timed_out || Clock::now() >= deadline) {
            return outcome;
        }
        if (PyErr_CheckSignals() != 0) {
            return std::nullopt;
        }
    }
}

/// Do an operation until the deadline. None: an exception is set.
template <class Operation>
std::optional<Outcome> perform(PyObject *self, PyObject *deadline, const Operation &operation) {
    Clock::time_point until;
    if (!is_ours(self) || !read_deadline(deadline, until)) {
        return std::nullopt;
    }
    MessageQueue::Wait wait;
    const Outcome outcome = operation(Clock::time_point::min(), wait); // does not wait
    if (outcome != Outcome::timed_out || until <= Clock::now()) {
        return outcome;
    }
    Guest *guest = as_handle(self)->types->guest;
    return guest != nullptr ? wait_in_guest(*guest, queue_in(self), operation, until)
                            : wait_in_host(operation, until);
}

PyObject *as_python(std::optional<Outcome> outcome) {
    return outcome ? PyLong_FromLong(static_cast<long>(*outcome)) : nullptr;
}

bool has_arguments(const char *function, Py_ssize_t expected, Py_ssize_t count) {
    if (count == expected) {
        return true;
    }
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments, not %zd", function, expected, count);
    return false;
}

PyObject *handle_put(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    if (!has_arguments("put", 3, count)) {
        return nullptr;
    }
    PyObject *data = arguments[0];
    PyObject *exporters = arguments[1];
    if (!PyBytes_Check(data) || !PyList_Check(exporters)) {
        PyErr_Format(PyExc_TypeError, "put() takes bytes and a list, not %T and %T", data,
                     exporters);
        return nullptr;
    }
    Parcel item{{PyBytes_AS_STRING(data), static_cast<std::size_t>(PyBytes_GET_SIZE(data))}, {}};
    if (!Buffer::copy_all(exporters, item.buffers)) {
        return nullptr;
    }
    MessageQueue &queue = queue_in(self);
    return as_python(
        perform(self, arguments[2], [&](Clock::time_point until, MessageQueue::Wait &wait) {
            return queue.put(item, until, wait);
        }));
}

PyObject *handle_get(PyObject *self, PyObject *deadline) {
    Parcel item;
    MessageQueue &queue = queue_in(self);
    const auto outcome =
        perform(self, deadline, [&](Clock::time_point until, MessageQueue::Wait &wait) {
            return queue.get(item, until, wait);
        });
    if (outcome != Outcome::done) {
        return as_python(outcome);
    }
    PyObject *buffers = wrap_buffers(*as_handle(self)->types, item.buffers);
    return buffers != nullptr ? Py_BuildValue("y#N", item.data.data(),
                                              static_cast<Py_ssize_t>(item.data.size()), buffers)
                              : nullptr;
}

PyObject *handle_join(PyObject *self, PyObject *) {
    MessageQueue &queue = queue_in(self);
    return as_python(
        perform(self, Py_None, [&](Clock::time_point until, MessageQueue::Wait &wait) {
            return queue.join(until, wait);
        }));
}

PyObject *handle_size(PyObject *self, PyObject *) {
    return is_ours(self) ? PyLong_FromSize_t(queue_in(self).size()) : nullptr;
}

PyObject *handle_task_done(PyObject *self, PyObject *) {
    return is_ours(self) ? PyBool_FromLong(queue_in(self).task_done() ? 1 : 0) : nullptr;
}

PyObject *handle_shut_down(PyObject *self, PyObject *immediate) {
    const int truth = PyObject_IsTrue(immediate);
    if (truth < 0 || !is_ours(self)) {
        return nullptr;
    }
    queue_in(self).shut_down(truth != 0);
    Py_RETURN_NONE;
}

PyObject *handle_id(PyObject *self, void *) {
    return PyLong_FromUnsignedLongLong(queue_in(self).id());
}

PyObject *handle_maxsize(PyObject *self, void *) {
    return PyLong_FromLongLong(queue_in(self).maxsize());
}

PyMethodDef methods[] = {
    {"put", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(handle_put)), METH_FASTCALL,
     "put(data, buffers, deadline, /)\n--\n\nAppend a packed item."},
    {"get", handle_get, METH_O, "get(deadline, /)\n--\n\nTake a packed item."},
    {"join", handle_join, METH_NOARGS, "join()\n--\n\nWait until all items are done."},
    {"size", handle_size, METH_NOARGS, "size()\n--\n\nHow many items there are."},
    {"task_done", handle_task_done, METH_NOARGS,
     "task_done()\n--\n\nReport an item done; False: all were."},
    {"shut_down", handle_shut_down, METH_O,
     "shut_down(immediate, /)\n--\n\nRefuse new items, and drop those there are."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"id", handle_id, nullptr, "Never used again in this process.", nullptr},
    {"maxsize", handle_maxsize, nullptr, "Its bound; none if not above zero.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot handle_slots[] = {
    {Py_tp_doc, const_cast<char *>("A queue that interpreters share, with packed items.")},
    {Py_tp_dealloc, reinterpret_cast<void *>(handle_dealloc)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_bf_getbuffer, reinterpret_cast<void *>(handle_get_buffer)},
    {0, nullptr},
};

PyType_Spec handle_spec = {
    "subinterp.QueueHandle",
    sizeof(HandleObject),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    handle_slots,
};

} // namespace

PyObject *make_queue_type() { return PyType_FromSpec(&handle_spec); }

PyObject *make_queue_handle(const CrossingTypes &types, std::shared_ptr<MessageQueue> queue) {
    auto *class_ = reinterpret_cast<PyTypeObject *>(types.queue);
    PyObject *object = class_->tp_alloc(class_, 0);
    if (object != nullptr) {
        new (&as_handle(object)->queue) std::shared_ptr<MessageQueue>(std::move(queue));
        as_handle(object)->types = &types;
    }
    return object;
}

std::shared_ptr<MessageQueue> queue_of(PyObject *object) {
    return Py_TYPE(object)->tp_dealloc == handle_dealloc ? as_handle(object)->queue : nullptr;
}

} // namespace subinterp
