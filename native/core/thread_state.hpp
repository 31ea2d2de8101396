#pragma once

#include "core/python.hpp"

#include <cstdint>
#include <thread>

namespace subinterp {

/// Owns one PyThreadState of a guest.
///
/// - Born detached, on the OS thread that it serves for all its life.
/// - `get()` and the destructor belong to that thread; `get()` throws anywhere else.
/// - Must be destroyed, detached, before its interpreter is ended: CPython 3.13 aborts
///   with "not the last thread" otherwise (gh-128639, fixed in 3.14.1).
class ThreadState {
public:
    /// Throws std::bad_alloc where CPython has no memory for one.
    explicit ThreadState(PyInterpreterState *interpreter);
    ThreadState(const ThreadState &) = delete;
    ThreadState &operator=(const ThreadState &) = delete;
    ~ThreadState();

    /// Throws std::logic_error, naming both threads, on a thread that is not its own.
    PyThreadState *get() const;

    /// CPython's own number for this thread state, unique in its interpreter.
    std::uint64_t id() const noexcept { return id_; }

private:
    PyThreadState *state_;
    std::uint64_t id_;
    std::thread::id owner_;
};

} // namespace subinterp
