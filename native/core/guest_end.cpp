/// The part of Guest that concerns its end: closing it, and leaving it behind.

#include "core/attachment.hpp"
#include "core/guest.hpp"
#include "core/work_queue.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace subinterp {

namespace {

// How often closing asks again: code may have swallowed one KeyboardInterrupt. Not
// sooner, or the `finally` blocks that the first one set off would be hit as well.
constexpr auto interrupt_again = std::chrono::seconds(1);
// How soon an end that had to wait for a thread is tried again.
constexpr auto retry_end = std::chrono::milliseconds(20);
// How long one that is left behind waits for its visitors to leave.
constexpr auto leave_limit = std::chrono::milliseconds(200);

/// Let no other thread of the attached interpreter have the GIL that it shares with the
/// host again, while the host finalizes CPython under it.
///
/// Before 3.14 that stops every thread that asks for a GIL. Since then it stops those
/// which it has marked, and it marks the host's own; so the others are marked here.
void shut_out_threads() {
#if PY_VERSION_HEX >= 0x030E0000
    constexpr int shutting_down = 3; // _Py_THREAD_SHUTTING_DOWN in pycore_pystate.h
    PyThreadState *visitor = PyThreadState_Get();
    for (PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
         state != nullptr; state = PyThreadState_Next(state)) {
        if (state != visitor) {
            std::atomic_ref(state->state).store(shutting_down);
        }
    }
#endif
}

} // namespace

void Guest::begin_close(Clock::time_point deadline) {
    if (gone()) {
        return;
    }
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [&] { return state_ != State::starting; }) ||
        state_ == State::closed) {
        return;
    }
    close_deadline_ = deadline;
    next_interrupt_ = Clock::time_point::min();
    if (state_ == State::open) {
        state_ = State::closing;
        for (auto &worker : workers_) {
            drop(std::exchange(worker->queue, {}));
            call_back(*worker);
        }
    }
    const std::shared_ptr<WorkQueue> work = workers_.front()->work;
    changed_.notify_all();
    lock.unlock();
    if (work != nullptr) {
        drop(work->leave(*this));
    }
}

void Guest::drop(const std::deque<Job> &jobs) {
    for (const Job &job : jobs) {
        job.answer->decline();
        if (job.run != 0) {
            channel().send_now(source_, {job.run, EventKind::dropped, {}});
        }
    }
}

bool Guest::await_closed(Clock::time_point deadline) {
    if (gone()) {
        return true;
    }
    std::unique_lock lock(mutex_);
    while (state_ != State::closed) {
        const auto now = Clock::now();
        if (now >= next_interrupt_) {
            for (auto &worker : workers_) {
                if (worker->run != 0 && worker->run != closing_run) {
                    request_interrupt(*worker);
                }
            }
            next_interrupt_ = now + interrupt_again;
        }
        if (now >= close_deadline_ && workers_.front()->run == closing_run) {
            // An atexit callback has used up the time that the guest was given.
            request_interrupt(*workers_.front());
        }
        if (now >= deadline) {
            return false;
        }
        changed_.wait_until(lock, std::min(deadline, next_interrupt_));
    }
    std::vector<std::unique_ptr<NativeThread>> threads;
    for (auto &worker : workers_) {
        if (worker->thread) {
            threads.push_back(std::move(worker->thread));
        }
    }
    lock.unlock();
    for (auto &thread : threads) {
        thread->join();
    }
    return true;
}

bool Guest::shut_down() {
    Worker &home = *workers_.front();
    double seconds = 0;
    {
        std::lock_guard lock(mutex_);
        home.run = closing_run;
        home.interrupt_requested = false;
        const std::chrono::duration<double> left = close_deadline_ - Clock::now();
        seconds = std::max(0.0, left.count());
    }
    bool over = true;
    {
        Attachment attached(interpreter_->home_state());
        over = enter_python([&] {
            PyObject *answer = PyObject_CallFunction(shutdown_, "d", seconds);
            if (answer == nullptr) {
                PyErr_WriteUnraisable(shutdown_);
                return true;
            }
            const bool truth = PyObject_IsTrue(answer) == 1;
            Py_DECREF(answer);
            return truth;
        });
    }
    std::lock_guard lock(mutex_);
    home.run = 0;
    return over;
}

void Guest::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return living_workers_ == 0; });
    for (bool over = false;;) {
        if (!over) {
            lock.unlock();
            over = shut_down();
            lock.lock();
        }
        if (over) {
            visits_allowed_ = false;
            changed_.wait(lock, [&] { return visitors_ == 0; });
            lock.unlock();
            const std::vector<unsigned long> others = interpreter_->other_threads();
            if (!others.empty()) {
                ask_to_exit(others);
            }
            lock.lock();
            if (others.empty()) {
                break;
            }
            visits_allowed_ = true;
            changed_.notify_all();
        }
        // A thread of the guest's own goes on. close() gives up at its deadline; the
        // guest ends whenever that thread does.
        changed_.wait_for(lock, retry_end);
    }
    lock.unlock();
    {
        Attachment attached(interpreter_->home_state());
        enter_python([&] {
            Py_CLEAR(handle_);
            Py_CLEAR(shutdown_);
            types_.clear();
        });
    }
    end_interpreter();
    channel().send_now(source_, {static_cast<std::uint64_t>(id_), EventKind::closed, {}});
    lock.lock();
    state_ = State::closed;
    changed_.notify_all();
}

void Guest::ask_to_exit(const std::vector<unsigned long> &threads) {
    Attachment attached(interpreter_->home_state());
    for (unsigned long ident : threads) {
        if (ident != 0) {
            raise_in_thread(ident, PyExc_SystemExit); // ends a thread without a message
        }
    }
}

void Guest::end_interpreter() {
    {
        std::unique_lock lock(mutex_);
        if (abandoned_) {
            // It has been taken off CPython's list, where its end would look for it.
            lock.unlock();
            hang_thread();
        }
        ending_ = true;
        slot_.reset();
    }
    interpreter_->end();
}

bool Guest::abandon(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] {
        return state_ == State::closed || (interpreter_state_ != nullptr && !ending_);
    });
    if (state_ == State::closed) {
        return false;
    }
    abandoned_ = true;
    visits_allowed_ = false;
    if (gil_ == Gil::shared) {
        // One that has not made its thread state yet would not be shut out below, and end in
        // the middle of CPython's finalization.
        changed_.wait_until(lock, Clock::now() + leave_limit, [&] { return visitors_ == 0; });
    }
    if (interpreter_state_ == nullptr || ending_) {
        parked_ = true;
        return true;
    }
    // Allowed or not: where no visits are allowed the end is near, and it will not come.
    visit(
        [this] {
            if (gil_ == Gil::shared) {
                shut_out_threads();
            }
            {
                std::lock_guard relock(mutex_);
                parked_ = true;
                changed_.notify_all();
            }
            if (gil_ == Gil::own) {
                hang_thread(); // with the guest's GIL, until the process is gone
            }
        },
        nullptr);
    return true;
}

void Guest::await_parked(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return parked_; });
}

} // namespace subinterp
