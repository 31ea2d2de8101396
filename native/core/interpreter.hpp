#pragma once

#include "core/python.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace subinterp {

enum class Gil { own, shared };

/// CPython could not make an interpreter; what() is its own reason.
class StartError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Owns one CPython subinterpreter, from creation to Py_EndInterpreter.
///
/// Created and ended on one OS thread, its home thread, on which nothing is attached
/// before or after either. CPython makes the first thread state together with the
/// interpreter and needs it, alone, to end it; so this class owns that one as well.
class Interpreter {
public:
    /// Throws StartError.
    explicit Interpreter(Gil gil);
    Interpreter(const Interpreter &) = delete;
    Interpreter &operator=(const Interpreter &) = delete;

    /// An interpreter that was not ended is leaked: ending it can wait and fail.
    ~Interpreter() = default;

    /// The home thread's own thread state, detached.
    PyThreadState *home_state() const noexcept { return home_; }
    PyInterpreterState *get() const noexcept { return interpreter_; }
    std::int64_t id() const noexcept { return id_; }

    /// CPython's names for the threads of the interpreter besides the home thread; nought
    /// for one that has yet to begin.
    std::vector<unsigned long> other_threads();

    /// Py_EndInterpreter. Only without other threads, and when none can enter any more.
    void end();

private:
    PyThreadState *home_ = nullptr;
    PyInterpreterState *interpreter_ = nullptr;
    std::int64_t id_ = -1;
};

} // namespace subinterp
