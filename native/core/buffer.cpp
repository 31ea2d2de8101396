#include "core/buffer.hpp"

#include "core/channel.hpp"
#include "core/lifecycle.hpp"
#include "core/queue_handle.hpp"

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

std::shared_ptr<Buffer> Buffer::refer(PyObject *exporter) {
    PyObject *owner =
        PyMemoryView_Check(exporter) ? PyMemoryView_GET_BUFFER(exporter)->obj : exporter;
    auto queue = owner != nullptr ? queue_of(owner) : nullptr;
    if (queue == nullptr) {
        return nullptr;
    }
    std::shared_ptr<Buffer> buffer(new Buffer);
    buffer->queue_ = std::move(queue);
    return buffer;
}

std::shared_ptr<Buffer> Buffer::lend(PyObject *exporter) {
    std::shared_ptr<Buffer> buffer(new Buffer);
    if (PyObject_GetBuffer(exporter, &buffer->view_, PyBUF_SIMPLE) != 0) {
        return nullptr;
    }
    if (auto reference = refer(exporter)) {
        PyBuffer_Release(&buffer->view_);
        return reference;
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
    if (auto reference = refer(exporter)) {
        PyBuffer_Release(&view);
        return reference;
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

bool Buffer::copy_all(PyObject *exporters, std::vector<std::shared_ptr<Buffer>> &into) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(exporters); ++i) {
        auto buffer = copy(PyList_GET_ITEM(exporters, i));
        if (buffer == nullptr) {
            return false;
        }
        into.push_back(std::move(buffer));
    }
    return true;
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

bool CrossingTypes::make() {
    buffer = PyType_FromSpec(&buffer_spec);
    queue = buffer != nullptr ? make_queue_type() : nullptr;
    return queue != nullptr;
}

void CrossingTypes::clear() {
    Py_CLEAR(buffer);
    Py_CLEAR(queue);
}

CrossingTypes &host_types() {
    static CrossingTypes types;
    return types;
}

namespace {

PyObject *wrap_buffer(PyObject *type, const std::shared_ptr<Buffer> &buffer) {
    auto *class_ = reinterpret_cast<PyTypeObject *>(type);
    PyObject *object = class_->tp_alloc(class_, 0);
    if (object != nullptr) {
        new (&as_buffer(object)->buffer) std::shared_ptr<Buffer>(buffer);
    }
    return object;
}

} // namespace

PyObject *wrap_buffers(const CrossingTypes &types,
                       const std::vector<std::shared_ptr<Buffer>> &buffers) {
    if (types.buffer == nullptr) { // an object's finalizer can ask so late
        PyErr_SetString(PyExc_RuntimeError, "the interpreter is at its end");
        return nullptr;
    }
    PyObject *result = PyTuple_New(static_cast<Py_ssize_t>(buffers.size()));
    for (std::size_t i = 0; result != nullptr && i < buffers.size(); ++i) {
        const auto &queue = buffers[i]->queue();
        PyObject *item = queue != nullptr ? make_queue_handle(types, queue)
                                          : wrap_buffer(types.buffer, buffers[i]);
        if (item == nullptr) {
            Py_CLEAR(result);
            break;
        }
        PyTuple_SET_ITEM(result, static_cast<Py_ssize_t>(i), item);
    }
    return result;
}

} // namespace subinterp
