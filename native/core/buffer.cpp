#include "core/buffer.hpp"

#include "core/channel.hpp"
#include "core/lifecycle.hpp"

#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace subinterp {

namespace {

/// Lent by the host, and back, but not released yet.
struct Returned {
    std::mutex mutex;
    std::vector<Py_buffer> views;
};

/// Never destroyed, and made anew in a forked child, for the reasons given at channel().
Returned &returned() {
    static std::atomic<Returned *> current{new Returned};
    static std::atomic<unsigned> generation{0};
    if (generation.load() != fork_generation()) {
        current.store(new Returned); // a child has one thread when it comes here first
        generation.store(fork_generation());
    }
    return *current.load();
}

struct BufferObject {
    PyObject_HEAD std::shared_ptr<Buffer> buffer;
};

BufferObject *as_buffer(PyObject *self) { return reinterpret_cast<BufferObject *>(self); }

void buffer_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    as_buffer(self)->buffer.~shared_ptr();
    type->tp_free(self);
    Py_DECREF(type);
}

int buffer_get(PyObject *self, Py_buffer *view, int flags) {
    const Buffer &buffer = *as_buffer(self)->buffer;
    return PyBuffer_FillInfo(view, self, buffer.data(), static_cast<Py_ssize_t>(buffer.size()),
                             buffer.readonly() ? 1 : 0, flags);
}

PyType_Slot buffer_slots[] = {
    {Py_tp_doc, const_cast<char *>("Memory that crossed between interpreters.")},
    {Py_tp_dealloc, reinterpret_cast<void *>(buffer_dealloc)},
    {Py_bf_getbuffer, reinterpret_cast<void *>(buffer_get)},
    {0, nullptr},
};

PyType_Spec buffer_spec = {
    "subinterp.Buffer",
    sizeof(BufferObject),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    buffer_slots,
};

} // namespace

std::shared_ptr<Buffer> Buffer::lend(PyObject *exporter) {
    std::shared_ptr<Buffer> buffer(new Buffer);
    if (PyObject_GetBuffer(exporter, &buffer->view_, PyBUF_SIMPLE) != 0) {
        return nullptr;
    }
    buffer->size_ = static_cast<std::size_t>(buffer->view_.len);
    buffer->born_in_ = fork_generation();
    return buffer;
}

std::shared_ptr<Buffer> Buffer::copy(PyObject *exporter) {
    Py_buffer view;
    if (PyObject_GetBuffer(exporter, &view, PyBUF_SIMPLE) != 0) {
        return nullptr;
    }
    std::shared_ptr<Buffer> buffer(new Buffer);
    buffer->size_ = static_cast<std::size_t>(view.len);
    // One byte at least: the address of an empty buffer must not be null.
    buffer->own_.reset(new (std::nothrow) char[buffer->size_ + 1]);
    if (buffer->own_ != nullptr) {
        std::memcpy(buffer->own_.get(), view.buf, buffer->size_);
    } else {
        PyErr_NoMemory();
        buffer.reset();
    }
    PyBuffer_Release(&view);
    return buffer;
}

Buffer::~Buffer() {
    if (view_.obj == nullptr || born_in_ != fork_generation()) {
        return; // in a forked child it stays exported: other threads had it
    }
    {
        Returned &all = returned();
        std::lock_guard lock(all.mutex);
        all.views.push_back(view_);
    }
    channel().wake_soon();
}

void release_returned_buffers() {
    std::vector<Py_buffer> views;
    {
        Returned &all = returned();
        std::lock_guard lock(all.mutex);
        views.swap(all.views);
    }
    for (Py_buffer &view : views) {
        PyBuffer_Release(&view);
    }
}

PyObject *make_buffer_type() { return PyType_FromSpec(&buffer_spec); }

PyObject *wrap_buffers(PyObject *type, const std::vector<std::shared_ptr<Buffer>> &buffers) {
    PyObject *result = PyTuple_New(static_cast<Py_ssize_t>(buffers.size()));
    for (std::size_t i = 0; result != nullptr && i < buffers.size(); ++i) {
        auto *class_ = reinterpret_cast<PyTypeObject *>(type);
        PyObject *item = class_->tp_alloc(class_, 0);
        if (item == nullptr) {
            Py_CLEAR(result);
            break;
        }
        new (&as_buffer(item)->buffer) std::shared_ptr<Buffer>(buffers[i]);
        PyTuple_SET_ITEM(result, static_cast<Py_ssize_t>(i), item);
    }
    return result;
}

} // namespace subinterp
