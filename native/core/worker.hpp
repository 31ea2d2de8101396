#pragma once

#include "core/python.hpp"

#include "core/answer.hpp"
#include "core/buffer.hpp"
#include "core/native_thread.hpp"
#include "core/spin.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace subinterp {

class WorkQueue;

/// Nobody takes a job any more.
class ClosedError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Something for a guest to do. The request is meant for subinterp_guest, not for us.
struct Job {
    std::uint64_t run; // 0 for an errand
    Parcel request;
    std::shared_ptr<Answer> answer = nullptr; // none for what its threads do at leisure
};

/// An OS thread of a guest with its queue of jobs.
///
/// A passive record: its guest's mutex protects every member that changes, and the
/// guest's functions are the only users. What is marked "once" is set by the worker's
/// own thread before it is ready and never again.
struct Worker {
    explicit Worker(std::string worker_name) : name(std::move(worker_name)) {}

    const std::string name;         // "" is the home thread
    std::condition_variable wanted; // a job came, or the guest is closing
    std::deque<Job> queue;
    std::shared_ptr<WorkQueue> work;       // what it does when that is empty; null: nothing
    std::atomic<std::uint32_t> called = 0; // counts, for waiting without the mutex
    SpinHistory spins;
    std::uint64_t run = 0; // the run it executes, 0 for none
    bool told = false;     // whether that has had output

    // What it does next if it has no job, until a byte in this descriptor tells that it has
    // one: an event loop goes on there between two cells.
    std::string leisure; // a request like a job's, empty for none
    int leisure_fd = -1;
    bool at_leisure = false;

    // Interrupts reach Python code only while `window` is above zero: between
    // guarded() calls there is none to deliver and none left over.
    int window = 0;
    bool interrupt_requested = false;
    bool delivering = false;

    unsigned long ident = 0;           // once: CPython's name for the OS thread
    unsigned long native_id = 0;       // once
    std::uint64_t thread_state_id = 0; // once
    std::unique_ptr<NativeThread> thread;

    /// Its jobs are not the user's: it answers queries about the guest.
    bool helps() const { return name.starts_with('.'); }
};

/// The worker that this OS thread is, in whichever guest; null elsewhere.
extern thread_local Worker *this_worker;

} // namespace subinterp
