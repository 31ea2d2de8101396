/// The part of Guest that concerns exceptions sent to its threads, and waits, which they end.

#include "core/attachment.hpp"
#include "core/guest.hpp"

#include <utility>

namespace subinterp {

bool Guest::interrupt(std::uint64_t run) {
    if (gone()) {
        return false;
    }
    std::lock_guard lock(mutex_);
    bool found = false;
    for (auto &worker : workers_) {
        if (worker->run == run) {
            request_interrupt(*worker);
            found = true;
        }
    }
    return found;
}

void Guest::request_interrupt(Worker &worker) {
    worker.interrupt_requested = true; // guarded() looks at it if the window is shut now
    if (worker.window == 0 || worker.delivering || !visits_allowed_) {
        return;
    }
    // PyThreadState_SetAsyncExc sees the caller's interpreter only, so somebody has to go
    // there. Not the caller: the guest may be in C code that keeps its GIL for long.
    std::function<void()> afterwards;
#if PY_VERSION_HEX >= 0x030F0000
    // From 3.15 on a system call that a signal ends looks for asynchronous exceptions
    // (gh-144748).
    afterwards = [this, &worker] { kick_until_noticed(worker); };
#endif
    worker.delivering =
        visit([this, &worker] { deliver_interrupt(worker); }, std::move(afterwards));
}

void Guest::deliver_interrupt(Worker &worker) {
    std::lock_guard lock(mutex_);
    worker.delivering = false;
    // Meant for whichever run it is now: a visitor that comes late carries the request of
    // the next run, too, which found it under way.
    if (worker.window > 0 && worker.interrupt_requested) {
        PyThreadState_SetAsyncExc(worker.ident, PyExc_KeyboardInterrupt);
        wake(worker.ident);
    }
}

void Guest::kick_until_noticed(Worker &worker) {
    // More than once, as the thread may be on its way into the call.
    std::unique_lock lock(mutex_);
    const std::uint64_t run = worker.run;
    for (int attempt = 0; attempt < 25; ++attempt) {
        if (worker.run != run || worker.window == 0 || !worker.interrupt_requested) {
            return;
        }
        kick_thread(worker.ident); // not joined: closing waits for visitors
        changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
}

PyObject *Guest::guarded(PyObject *const *stack, Py_ssize_t count) {
    Worker *worker = this_worker;
    const auto call = [&] {
        return PyObject_Vectorcall(stack[0], stack + 1, static_cast<std::size_t>(count - 1),
                                   nullptr);
    };
    if (worker == nullptr) {
        return call(); // a thread of the guest's own: nobody interrupts those
    }
    bool requested = false;
    {
        std::lock_guard lock(mutex_);
        ++worker->window;
        requested = worker->interrupt_requested;
    }
    PyObject *result = nullptr;
    if (requested) {
        PyErr_SetNone(PyExc_KeyboardInterrupt);
    } else {
        result = call();
    }
    std::lock_guard lock(mutex_);
    if (--worker->window == 0 && worker->interrupt_requested) {
        // One that was asked for but came too late must not hit what runs next.
        worker->interrupt_requested = false;
        PyThreadState_SetAsyncExc(worker->ident, nullptr);
    }
    return result;
}

void Guest::wait(const std::function<void()> &what, std::function<void()> stop) {
    const unsigned long ident = PyThread_get_thread_ident();
    {
        // Attached, so that an exception set for this thread from now on finds it here.
        std::lock_guard lock(mutex_);
        sleepers_[ident] = std::move(stop);
    }
    // Or one was set before: while the thread waited for its GIL between two steps at which
    // it looks for exceptions, as `with lock:` does on its way in.
    if (PyThreadState_Get()->async_exc == nullptr) {
        Detachment detached;
        what();
        forget_sleeper(ident);
    } else {
        forget_sleeper(ident);
    }
}

void Guest::forget_sleeper(unsigned long ident) {
    std::lock_guard lock(mutex_);
    sleepers_.erase(ident);
}

void Guest::sleep_until(Clock::time_point deadline) {
    sleep_unless(deadline, [] { return false; });
}

void Guest::sleep_unless(Clock::time_point deadline, const std::function<bool()> &enough) {
    bool woken = false;
    const auto sleep = [&] {
        std::unique_lock lock(mutex_);
        woken_.wait_until(lock, deadline, [&] { return woken || enough(); });
    };
    wait(sleep, [&] {
        woken = true;
        woken_.notify_all();
    });
}

void Guest::wake(unsigned long ident) {
    channel().hurry(source_);
    if (auto sleeper = sleepers_.find(ident); sleeper != sleepers_.end()) {
        sleeper->second();
    }
}

std::vector<unsigned long> Guest::threads_without_frame() {
    std::vector<unsigned long> idents;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
         state != nullptr; state = PyThreadState_Next(state)) {
        if (PyFrameObject *frame = PyThreadState_GetFrame(state)) {
            Py_DECREF(frame);
        } else if (state->thread_id != 0) { // else it has yet to begin
            idents.push_back(state->thread_id);
        }
    }
    std::lock_guard lock(mutex_);
    for (const auto &worker : workers_) {
        std::erase(idents, worker->ident);
    }
    return idents;
}

bool Guest::raise_in_thread(unsigned long ident, PyObject *exception) {
    if (ident == 0) {
        bool any = false;
        for (unsigned long each : threads_without_frame()) {
            any = raise_in_thread(each, exception) || any;
        }
        return any;
    }
    if (PyThreadState_SetAsyncExc(ident, exception) == 0) {
        return false;
    }
    {
        std::lock_guard lock(mutex_);
        wake(ident);
    }
    // Before 3.15 as well: a system call begins anew then, and finds that its socket is closed.
    kick_thread(ident); // it has a thread state, which it needs our GIL to give up: it lives
    return true;
}

} // namespace subinterp
