#include "core/thread_state.hpp"

#include "core/attachment.hpp"

#include <cstdio>
#include <new>
#include <sstream>
#include <stdexcept>

namespace subinterp {

ThreadState::ThreadState(PyInterpreterState *interpreter)
    : state_(PyThreadState_New(interpreter)), owner_(std::this_thread::get_id()) {
    if (state_ == nullptr) {
        throw std::bad_alloc();
    }
    id_ = PyThreadState_GetID(state_);
}

ThreadState::~ThreadState() {
    if (std::this_thread::get_id() != owner_) {
        // Deleting it here would corrupt the interpreter; leaking it will not.
        std::fputs("subinterp: a thread state was dropped on another thread; leaked\n", stderr);
        return;
    }
    enter_python([this] {
        PyEval_RestoreThread(state_);
        PyThreadState_Clear(state_);
        PyThreadState_DeleteCurrent();
    });
}

PyThreadState *ThreadState::get() const {
    if (std::this_thread::get_id() != owner_) {
        std::ostringstream message;
        message << "cannot attach thread state " << id_ << " (it belongs to thread " << owner_
                << ", this is thread " << std::this_thread::get_id() << ")";
        throw std::logic_error(message.str());
    }
    return state_;
}

} // namespace subinterp
