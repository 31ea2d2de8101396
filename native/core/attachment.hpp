#pragma once

#include "core/python.hpp"

#include "core/native_thread.hpp"

#if defined(__GLIBCXX__) && !defined(_WIN32)
#    include <cxxabi.h>
#endif

namespace subinterp {

/// Call into CPython from a frame of ours that CPython may want to destroy.
///
/// CPython 3.13.0 to 3.13.7 ends a thread that asks for a GIL while the process
/// finalizes by pthread_exit (gh-87135), which unwinds our C++ frames: destructors would
/// run against a dead interpreter and `noexcept` would abort. Such a thread stops here
/// instead, as it does from 3.13.8 on. Every way into CPython that can wait for a GIL goes
/// through this function.
template <class Function>
auto enter_python(Function &&function) -> decltype(function()) {
#if defined(__GLIBCXX__) && !defined(_WIN32)
    try {
        return function();
    } catch (abi::__forced_unwind &) {
        hang_thread();
    }
#else
    return function();
#endif
}

/// Attaches a thread state to the OS thread it belongs to, for the length of a scope.
///
/// Nothing may be attached to the thread before (CPython aborts otherwise: it would wait
/// for a GIL that the thread itself holds). No mutex of ours may be held: whoever
/// has the GIL may be waiting for that mutex.
class Attachment {
public:
    explicit Attachment(PyThreadState *state);
    Attachment(const Attachment &) = delete;
    Attachment &operator=(const Attachment &) = delete;
    ~Attachment();
};

/// Gives up the attached thread state for the length of a scope, for waiting.
class Detachment {
public:
    Detachment();
    Detachment(const Detachment &) = delete;
    Detachment &operator=(const Detachment &) = delete;
    ~Detachment();

private:
    PyThreadState *state_;
};

} // namespace subinterp
