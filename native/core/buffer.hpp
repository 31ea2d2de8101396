#pragma once

#include "core/python.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace subinterp {

class Guest;
class MessageQueue;

/// Memory that crosses between interpreters without being copied on the way.
///
/// Either the host's, lent, or nobody's. What a guest sends is copied once, into memory of
/// nobody: the guest may end while others still read it, and its own memory with it. The
/// host outlives all guests; what it lends is released by release_returned_buffers(), for
/// only an interpreter's own threads may touch its objects.
///
/// A queue crosses in the place of memory: its handle exports some, empty, so that pickle
/// takes it along, and the other side gets a handle of its own.
class Buffer {
public:
    /// Borrow the memory of an object of the host, attached to it. Null: an exception is set.
    static std::shared_ptr<Buffer> lend(PyObject *exporter);
    /// Copy the memory of an object of the attached interpreter. Null: an exception is set.
    static std::shared_ptr<Buffer> copy(PyObject *exporter);
    /// Copy that of each object in a list. False: an exception is set.
    static bool copy_all(PyObject *exporters, std::vector<std::shared_ptr<Buffer>> &into);

    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    ~Buffer(); // on any thread, attached to whatever interpreter or to none

    void *data() const noexcept { return view_.obj != nullptr ? view_.buf : own_.get(); }
    std::size_t size() const noexcept { return size_; }
    bool readonly() const noexcept { return view_.obj != nullptr && view_.readonly != 0; }
    const std::shared_ptr<MessageQueue> &queue() const noexcept { return queue_; } // or null

private:
    Buffer() = default;

    /// One for the queue whose handle this is, or a memoryview that was not released shows;
    /// null for all others.
    static std::shared_ptr<Buffer> refer(PyObject *exporter);

    Py_buffer view_{};
    std::unique_ptr<char[]> own_;
    std::size_t size_ = 0;
    unsigned born_in_ = 0; // fork generation
    std::shared_ptr<MessageQueue> queue_;
};

/// What a job is asked and answers: marshal data, and memory that it refers to.
struct Parcel {
    std::string data;
    std::vector<std::shared_ptr<Buffer>> buffers;
};

/// Release what the host has lent and nobody needs any more. Attached to the host.
void release_returned_buffers();

/// The types by which the Python of one interpreter sees what has crossed: memory, which
/// supports the buffer protocol and nothing else, and handles of queues.
struct CrossingTypes {
    PyObject *buffer = nullptr;
    PyObject *queue = nullptr;
    Guest *guest = nullptr; // whose they are; null: the host's

    /// Attached to that interpreter. False: an exception is set.
    bool make();
    void clear();
};

/// Those of the host; attached to it.
CrossingTypes &host_types();

/// A tuple of objects of these types; new reference or null.
PyObject *wrap_buffers(const CrossingTypes &types,
                       const std::vector<std::shared_ptr<Buffer>> &buffers);

} // namespace subinterp
