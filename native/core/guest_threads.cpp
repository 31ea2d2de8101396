/// The part of Guest that concerns several threads at once: serving jobs, and visits.

#include "core/attachment.hpp"
#include "core/guest.hpp"
#include "core/thread_state.hpp"
#include "core/work_queue.hpp"

#include <algorithm>
#include <system_error>
#include <unistd.h> // write
#include <utility>

namespace subinterp {

thread_local Worker *this_worker = nullptr;

namespace {

// How long one that is not needed any more may take for its exit callbacks.
constexpr auto dismissal_limit = std::chrono::seconds(5);

/// The name that the attached interpreter's `threading` knows a thread by, or "". Runs
/// Python code, so threads may come and go meanwhile.
std::string python_thread_name(PyObject *active, unsigned long ident) {
    std::string result;
    PyObject *key = PyLong_FromUnsignedLong(ident);
    PyObject *thread = key != nullptr ? PyDict_GetItemWithError(active, key) : nullptr;
    PyObject *name = thread != nullptr ? PyObject_GetAttrString(thread, "name") : nullptr;
    if (name != nullptr && PyUnicode_Check(name)) {
        if (const char *utf8 = PyUnicode_AsUTF8(name)) {
            result = utf8;
        }
    }
    Py_XDECREF(name);
    Py_XDECREF(key);
    PyErr_Clear();
    return result;
}

/// Python's threads of the attached interpreter; for these there is no worker.
std::vector<ThreadInfo> python_threads() {
    std::vector<ThreadInfo> result;
    std::vector<unsigned long> idents;
    for (PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
         state != nullptr; state = PyThreadState_Next(state)) {
        result.push_back({"", state->native_thread_id, PyThreadState_GetID(state), 0, true});
        idents.push_back(state->thread_id);
    }
    // Not imported here: the guest's end may look at it meanwhile.
    PyObject *name = PyUnicode_FromString("threading");
    PyObject *threading = name != nullptr ? PyImport_GetModule(name) : nullptr;
    PyObject *active =
        threading != nullptr ? PyObject_GetAttrString(threading, "_active") : nullptr;
    if (active != nullptr && PyDict_Check(active)) {
        for (std::size_t i = 0; i < idents.size(); ++i) {
            result[i].name = python_thread_name(active, idents[i]);
        }
    }
    Py_XDECREF(active);
    Py_XDECREF(threading);
    Py_XDECREF(name);
    PyErr_Clear();
    return result;
}

double since_epoch() {
    const std::chrono::duration<double> time = std::chrono::system_clock::now().time_since_epoch();
    return time.count();
}

/// Do something and note when it was done.
template <class Function>
std::shared_ptr<const Outcome> timed(Function &&function) {
    auto outcome = std::make_shared<Outcome>();
    outcome->started = since_epoch();
    const auto start = Clock::now();
    outcome->parcel = function();
    outcome->took = std::chrono::duration<double>(Clock::now() - start).count();
    outcome->finished = since_epoch();
    return outcome;
}

} // namespace

void Guest::serve(Worker &worker, PyThreadState *state) {
    this_worker = &worker;
    std::unique_lock lock(mutex_);
    for (;;) {
        if (const std::optional<Job> job = next_job(worker)) {
            const std::shared_ptr<WorkQueue> work = worker.work;
            lock.unlock();
            if (work != nullptr) {
                work->excuse(*this);
            }
            perform(worker, *job, state);
            lock.lock();
        } else if (state_ == State::closing) {
            break;
        } else if (worker.work != nullptr && worker.work->finished()) {
            lock.unlock();
            begin_close(Clock::now() + dismissal_limit);
            lock.lock();
        } else if (!worker.leisure.empty()) {
            spend_leisure(worker, state, lock);
        } else {
            await_job(worker, lock);
        }
    }
}

std::optional<Job> Guest::next_job(Worker &worker) {
    std::optional<Job> job;
    if (!worker.queue.empty()) {
        job = std::move(worker.queue.front());
        worker.queue.pop_front();
    } else if (worker.work != nullptr && state_ == State::open) {
        job = worker.work->take(*this);
    }
    if (job.has_value()) {
        worker.run = job->run != 0 ? job->run : errand_run;
        worker.told = false;
        worker.interrupt_requested = false;
    }
    return job;
}

void Guest::await_job(Worker &worker, std::unique_lock<std::mutex> &lock) {
    const std::uint32_t seen = worker.called.load(std::memory_order_relaxed);
    lock.unlock();
    worker.spins.spin_while(worker.called, seen);
    lock.lock();
    worker.wanted.wait(lock, [&] {
        return worker.called.load(std::memory_order_relaxed) != seen || !worker.leisure.empty();
    });
}

void Guest::spend_leisure(Worker &worker, PyThreadState *state,
                          std::unique_lock<std::mutex> &lock) {
    const Job job{.run = leisure_run, .request = {std::exchange(worker.leisure, {})}};
    worker.run = job.run;
    worker.interrupt_requested = false;
    worker.at_leisure = true;
    lock.unlock();
    execute(worker, job, state);
    lock.lock();
    worker.at_leisure = false;
    worker.run = 0;
    changed_.notify_all();
}

void Guest::perform(Worker &worker, const Job &job, PyThreadState *state) {
    if (job.run != 0) {
        channel().send_now(source_, {job.run, EventKind::started, {}});
    }
    auto outcome = timed([&] { return execute(worker, job, state); });
    bool told = false;
    {
        std::lock_guard lock(mutex_);
        worker.run = 0;
        told = worker.told;
        take_back_questions(job.run);
        if (worker.work != nullptr && worker.queue.empty()) {
            worker.work->offer(*this);
        }
        changed_.notify_all();
    }
    // Last, so that whoever hears of the end finds the guest idle.
    announce(job, std::move(outcome), told);
}

void Guest::announce(const Job &job, std::shared_ptr<const Outcome> outcome, bool told) {
    if (told) {
        job.answer->decline();
    }
    const bool awaited = !told && job.answer->awaited();
    if (job.run != 0) {
        channel().send_now(
            source_,
            {.run = job.run, .kind = EventKind::finished, .outcome = outcome, .urgent = !awaited});
    }
    if (!told) {
        job.answer->give(std::move(outcome));
    }
}

void Guest::rest(unsigned long ident, std::string request, int fd) {
    std::lock_guard lock(mutex_);
    for (auto &worker : workers_) {
        if (worker->ident == ident) {
            worker->leisure = std::move(request);
            worker->leisure_fd = fd;
            worker->wanted.notify_one();
            return;
        }
    }
}

void Guest::join(std::shared_ptr<WorkQueue> work) {
    std::lock_guard lock(mutex_);
    if (gone() || state_ != State::open) {
        throw ClosedError("the guest takes no more work");
    }
    work->join(shared_from_this());
    workers_.front()->work = std::move(work);
    call_back(*workers_.front());
}

void Guest::look_for_work() {
    std::lock_guard lock(mutex_);
    call_back(*workers_.front());
}

void Guest::call_back(Worker &worker) {
    worker.called.fetch_add(1, std::memory_order_release);
    if (worker.at_leisure) {
        const char byte = 0;
        // A full pipe will do as well.
        [[maybe_unused]] const auto written = ::write(worker.leisure_fd, &byte, 1);
    }
    worker.wanted.notify_one();
}

void Guest::emit(Event event) {
    {
        std::lock_guard lock(mutex_);
        for (auto &worker : workers_) {
            worker->told = worker->told || worker->run == event.run;
        }
    }
    if (channel().try_send(source_, event)) {
        return;
    }
    const unsigned hurried = channel().hurried(source_);
    // One was set before, see wait(); or these are the words of an exit callback, and
    // it may be the thread which drains that waits for this end.
    if (PyThreadState_Get()->async_exc != nullptr || is_ending_here()) {
        channel().send_now(source_, std::move(event));
        return;
    }
    Detachment detached;
    channel().send(source_, std::move(event), hurried);
}

bool Guest::is_ending_here() const {
    std::lock_guard lock(mutex_);
    return this_worker != nullptr && this_worker->run == closing_run;
}

bool Guest::visit(std::function<void()> visit, std::function<void()> afterwards) {
    ++visitors_;
    try {
        NativeThread visitor([self = shared_from_this(), visit = std::move(visit),
                              afterwards = std::move(afterwards)] {
            {
                ThreadState state(self->interpreter_state_);
                Attachment attached(state.get());
                enter_python(visit);
            }
            if (afterwards) {
                afterwards();
            }
            self->dismiss();
        });
    } catch (const std::system_error &) {
        --visitors_; // no more threads to be had: the next attempt may do better
        return false;
    }
    return true;
}

void Guest::admit() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return visits_allowed_; });
    ++visitors_;
}

void Guest::dismiss() {
    std::lock_guard lock(mutex_);
    --visitors_;
    changed_.notify_all();
}

int Guest::slot() {
    std::lock_guard lock(mutex_);
    if (slot_ == nullptr) {
        slot_ = std::make_unique<Slot>(shared_from_this());
    }
    return slot_->number();
}

void Guest::hold(const std::shared_ptr<ForkHold> &hold, Clock::time_point deadline) {
    if (gil_ == Gil::shared) {
        return; // the thread that forks has that one
    }
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline,
                        [&] { return visits_allowed_ || state_ == State::closed; });
    if (visits_allowed_) {
        hold->expect();
        if (!visit([hold] { hold->keep(); }, nullptr)) {
            hold->forgo();
        }
    }
}

std::vector<ThreadInfo> Guest::threads(Clock::duration timeout) {
    if (gone()) {
        return {};
    }
    const auto deadline = Clock::now() + timeout;
    std::unique_lock lock(mutex_);
    std::vector<ThreadInfo> result;
    for (const auto &worker : workers_) {
        if (state_ != State::closed && worker->ident != 0) {
            result.push_back({worker->name.empty() ? "home" : worker->name, worker->native_id,
                              worker->thread_state_id, worker->run < leisure_run ? worker->run : 0,
                              worker->run != 0 && worker->run != leisure_run});
        }
    }
    if (!visits_allowed_) {
        return result;
    }
    struct Found {
        bool complete = false;
        std::vector<ThreadInfo> threads;
    };
    auto found = std::make_shared<Found>(); // outlives this call if the guest is too busy
    visit(
        [this, found] {
            const unsigned long visitor = native_thread_id();
            auto threads = python_threads();
            std::erase_if(threads, [&](const auto &one) { return one.native_id == visitor; });
            std::lock_guard relock(mutex_);
            found->threads = std::move(threads);
            found->complete = true;
            changed_.notify_all();
        },
        nullptr);
    if (changed_.wait_until(lock, deadline, [&] { return found->complete; })) {
        const std::size_t known = result.size();
        for (auto &thread : found->threads) {
            const auto same = [&](const ThreadInfo &one) {
                return one.thread_state_id == thread.thread_state_id;
            };
            if (std::none_of(result.begin(), result.begin() + static_cast<long>(known), same)) {
                result.push_back(std::move(thread));
            }
        }
    }
    return result;
}

} // namespace subinterp
