#include "core/interpreter.hpp"

#include "core/attachment.hpp"

#include <string>
#include <vector>

namespace subinterp {

namespace {

PyInterpreterConfig config_for(Gil gil) {
    if (gil == Gil::own) {
        // CPython's isolated set. Daemon threads stay forbidden: ending an interpreter
        // with one alive is fatal. os.fork and os.exec* would take the kernel along.
        return PyInterpreterConfig{
            .use_main_obmalloc = 0,
            .allow_fork = 0,
            .allow_exec = 0,
            .allow_threads = 1,
            .allow_daemon_threads = 0,
            .check_multi_interp_extensions = 1,
            .gil = PyInterpreterConfig_OWN_GIL,
        };
    }
#if PY_VERSION_HEX >= 0x030D0100
    // The point of a shared GIL is to load extensions that refuse an isolated guest;
    // single-phase ones need the main allocator and no check.
    constexpr int legacy = 1;
#else
    // Immortal interned strings are shared with, and freed by, such a guest on 3.13.0
    // (gh-116510): its own allocator keeps them apart, at the price of the check.
    constexpr int legacy = 0;
#endif
    return PyInterpreterConfig{
        .use_main_obmalloc = legacy,
        .allow_fork = 0,
        .allow_exec = 0,
        .allow_threads = 1,
        .allow_daemon_threads = 0,
        .check_multi_interp_extensions = 1 - legacy,
        .gil = PyInterpreterConfig_SHARED_GIL,
    };
}

} // namespace

Interpreter::Interpreter(Gil gil) {
    PyInterpreterConfig config = config_for(gil);
    PyStatus status = enter_python([&] { return Py_NewInterpreterFromConfig(&home_, &config); });
    if (PyStatus_Exception(status)) {
        std::string reason = status.err_msg != nullptr ? status.err_msg : "unknown reason";
        throw StartError(reason);
    }
    interpreter_ = PyThreadState_GetInterpreter(home_);
    id_ = PyInterpreterState_GetID(interpreter_);
    PyEval_SaveThread();
}

std::vector<unsigned long> Interpreter::other_threads() {
    Attachment attached(home_);
    std::vector<unsigned long> others;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(interpreter_); state != nullptr;
         state = PyThreadState_Next(state)) {
        if (state != home_) {
            others.push_back(state->thread_id);
        }
    }
    return others;
}

void Interpreter::end() {
    enter_python([this] {
        PyEval_RestoreThread(home_);
        Py_EndInterpreter(home_);
    });
    home_ = nullptr;
    interpreter_ = nullptr;
}

} // namespace subinterp
