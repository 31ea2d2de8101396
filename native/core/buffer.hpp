#pragma once

#include "core/python.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace subinterp {

/// Memory that crosses between interpreters without being copied on the way.
///
/// Either the host's, lent, or nobody's. What a guest sends is copied once, into memory of
/// nobody: the guest may end while others still read it, and its own memory with it. The
/// host outlives all guests; what it lends is released by release_returned_buffers(), for
/// only an interpreter's own threads may touch its objects.
class Buffer {
public:
    /// Borrow the memory of an object of the host, attached to it. Null: an exception is set.
    static std::shared_ptr<Buffer> lend(PyObject *exporter);
    /// Copy the memory of an object of the attached interpreter. Null: an exception is set.
    static std::shared_ptr<Buffer> copy(PyObject *exporter);

    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    ~Buffer(); // on any thread, attached to whatever interpreter or to none

    void *data() const noexcept { return view_.obj != nullptr ? view_.buf : own_.get(); }
    std::size_t size() const noexcept { return size_; }
    bool readonly() const noexcept { return view_.obj != nullptr && view_.readonly != 0; }

private:
    Buffer() = default;

    Py_buffer view_{};
    std::unique_ptr<char[]> own_;
    std::size_t size_ = 0;
    unsigned born_in_ = 0; // fork generation
};

/// What a job is asked and answers: marshal data, and memory that it refers to.
struct Parcel {
    std::string data;
    std::vector<std::shared_ptr<Buffer>> buffers;
};

/// Release what the host has lent and nobody needs any more. Attached to the host.
void release_returned_buffers();

/// Make the type by which the attached interpreter's Python sees a Buffer: it supports the
/// buffer protocol and nothing else. New reference or null.
PyObject *make_buffer_type();

/// A tuple of objects of that type; new reference or null.
PyObject *wrap_buffers(PyObject *type, const std::vector<std::shared_ptr<Buffer>> &buffers);

} // namespace subinterp
