#pragma once

#include "core/python.hpp"

#include "core/answer.hpp"
#include "core/buffer.hpp"
#include "core/channel.hpp"
#include "core/fork_hold.hpp"
#include "core/gil_state.hpp"
#include "core/interpreter.hpp"
#include "core/worker.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace subinterp {

class WorkQueue;

/// What one thread of a guest is doing.
struct ThreadInfo {
    std::string name;
    unsigned long native_id;
    std::uint64_t thread_state_id;
    std::uint64_t run; // 0: none known
    bool running;
};

/// A named interpreter with its threads: the one state machine of its life.
///
///     starting -> open -> closing -> closed
///
/// CPython's own race of run against destroy ends the process (gh-127041, open), so all
/// that touches the interpreter asks this class first. One mutex protects everything
/// that changes. It is never held while a thread waits for a GIL; a thread that has the
/// guest's GIL may take it for a moment.
///
/// Who may call: any thread, with nothing attached unless said otherwise. In a
/// forked child the guests of the parent are gone: they say "closed" and nothing of them is
/// touched again, not even to destroy it (another thread may have held the mutex).
class Guest : public std::enable_shared_from_this<Guest> {
public:
    /// The run id under which a guest's own closing work is interrupted.
    static constexpr std::uint64_t closing_run = UINT64_MAX;
    /// And the one under which it does errands.
    static constexpr std::uint64_t errand_run = UINT64_MAX - 1;
    /// And the one of what its threads do between two jobs.
    static constexpr std::uint64_t leisure_run = UINT64_MAX - 2;

    /// Create the interpreter on its home thread, give it `path` as sys.path and call
    /// subinterp_guest.boot(setup) there. Throws StartError.
    static std::shared_ptr<Guest> create(std::string name, Gil gil, std::vector<std::string> path,
                                         std::string setup);
    Guest(const Guest &) = delete;
    Guest &operator=(const Guest &) = delete;

    std::string name() const;
    std::int64_t id() const noexcept { return id_; }
    PyInterpreterState *interpreter_state() const noexcept { return interpreter_state_; }

    /// "idle", "running", "closing" or "closed".
    const char *state() const;
    std::size_t queued() const;
    /// The run that its home thread executes; 0 for none.
    std::uint64_t home_run() const;

    /// Queue a job on the home thread ("") or on a worker of that name, made on first
    /// use with a thread state of its own. Returns where its outcome will be, see Answer.
    /// Throws ClosedError.
    std::shared_ptr<Answer> submit(std::uint64_t run, Parcel request, const std::string &thread);

    /// Have the home thread do a job of our own, which is no run: the host hears nothing of
    /// it. Waits, and returns its outcome. Throws ClosedError.
    std::string perform(std::string request);

    /// Have the home thread do what is in this queue whenever it has nothing else to do; once.
    /// Throws ClosedError.
    void join(std::shared_ptr<WorkQueue> work);
    /// For that queue: there may be something in it.
    void look_for_work();

    /// Take a job off its queue; false if it has begun or is unknown.
    bool cancel(std::uint64_t run);
    /// Whether it has begun and is not over.
    bool executes(std::uint64_t run) const;

    /// Raise KeyboardInterrupt in a run, soon, or on all threads that are at leisure; false if
    /// it is not executing.
    bool interrupt(std::uint64_t run);

    /// Answer a question that a run of the guest asks; false if nobody waits for it.
    bool answer(std::uint64_t question, std::string answer);

    /// Whether the guest waits for the answer to a question.
    bool awaits(std::uint64_t question) const;

    /// Refuse new work, drop what is queued and interrupt what runs; do not wait.
    void begin_close(Clock::time_point deadline);

    /// Wait for the end; false if it has not come by `deadline`. Interrupts again and
    /// again: code may swallow one.
    bool await_closed(Clock::time_point deadline);

    /// Its threads: the home thread, workers, and Python's own if the guest lets a
    /// visitor in before `timeout`.
    std::vector<ThreadInfo> threads(Clock::duration timeout);

    /// Send a visitor into the guest that keeps its GIL until the hold is released. Where it
    /// is being made or ended, and lets nobody in, that is awaited until `deadline`.
    void hold(const std::shared_ptr<ForkHold> &hold, Clock::time_point deadline);

    /// Leave the guest as it is, for good: the process ends while it cannot be stopped.
    /// False if it is closed after all. Where its making or its end has begun, that is
    /// awaited until `deadline`: both change CPython's list of interpreters.
    ///
    /// All of its Python code will wait for ever, as soon as it gives up its GIL.
    bool abandon(Clock::time_point deadline);
    void await_parked(Clock::time_point deadline);

    // For the bridge: called by code of the guest, attached to it.

    /// Send an event to the host, waiting detached while the channel is full; an exception that
    /// wakes this thread ends the wait, and the event is sent all the same.
    void emit(Event event);
    /// Call `function` with interrupts let through; new reference or null.
    PyObject *guarded(PyObject *const *stack, Py_ssize_t count);
    /// Have a worker do this request while it has no job, once; and end it by a byte in `fd` when
    /// it has one. Nothing happens for other threads.
    void rest(unsigned long ident, std::string request, int fd);
    /// Take another name; on the home thread.
    void rename(std::string name);
    /// Sleep detached until `deadline` or until this thread is woken.
    void sleep_until(Clock::time_point deadline);
    /// Have this thread do what waits, detached, and end that by `stop` if it is woken, which
    /// another thread calls. Not at all if it was woken before.
    void wait(const std::function<void()> &what, std::function<void()> stop);
    /// Send the event that asks a question, and wait detached for the answer. Null if this
    /// thread was woken before: the question is taken back. Empty at the end of the run, and
    /// where that is over: nobody will answer.
    std::optional<std::string> ask(Event event, std::uint64_t question);
    /// Raise an exception in another thread of the guest; false if there is none such.
    /// Nought stands for every thread of its own that executes no Python code: one that
    /// was started with a C function, such as time.sleep.
    bool raise_in_thread(unsigned long ident, PyObject *exception);
    /// The number of its private copies of extension modules. Throws as Slot() does.
    int slot();

    // For threads that neither CPython nor we know, see Slot.

    /// Let such a thread attach to the guest, when that is allowed: which it may never be again.
    void admit();
    /// It has detached for good.
    void dismiss();

private:
    enum class State { starting, open, closing, closed };

    struct Question {
        std::uint64_t run;
        std::optional<std::string> answer;
    };

    Guest(std::string name, Gil gil);

    bool gone() const noexcept; // left behind by a fork

    // On worker threads.
    void home_thread(std::vector<std::string> path, std::string setup);
    void worker_thread(Worker &worker);
    void boot(const std::vector<std::string> &path, const std::string &setup);
    void serve(Worker &worker, PyThreadState *state);
    void perform(Worker &worker, const Job &job, PyThreadState *state);
    void spend_leisure(Worker &worker, PyThreadState *state, std::unique_lock<std::mutex> &lock);
    static void await_job(Worker &worker, std::unique_lock<std::mutex> &lock);
    Parcel execute(const Worker &worker, const Job &job, PyThreadState *state);
    void announce(const Job &job, std::shared_ptr<const Outcome> outcome, bool told);
    void introduce(Worker &worker, std::uint64_t thread_state_id);
    void finish();
    bool shut_down();
    void ask_to_exit(const std::vector<unsigned long> &threads);
    void end_interpreter();

    void enqueue(Job job, const std::string &thread);
    void drop(const std::deque<Job> &jobs);
    std::vector<unsigned long> threads_without_frame(); // attached
    bool is_ending_here() const; // this thread calls the guest's exit callbacks

    // With the mutex held.
    static void call_back(Worker &worker);
    std::optional<Job> next_job(Worker &worker);
    Worker &worker_for(const std::string &thread);
    void request_interrupt(Worker &worker);
    void wake(unsigned long ident); // one that waits, and all that wait for room
    void take_back_questions(std::uint64_t run);

    void forget_sleeper(unsigned long ident);

    /// Sleep detached, as sleep_until() does, at most until this is true (with the mutex held).
    void sleep_unless(Clock::time_point deadline, const std::function<bool()> &enough);

    /// Run `visit` attached to the guest on a thread and thread state of its own.
    /// The caller holds the mutex; the guest does not end before the visit does. False
    /// where the system has no thread to give.
    bool visit(std::function<void()> visit, std::function<void()> afterwards);
    void deliver_interrupt(Worker &worker);
    void kick_until_noticed(Worker &worker);

    const Gil gil_;
    const unsigned born_in_; // fork generation
    std::shared_ptr<Channel::Source> source_ = std::make_shared<Channel::Source>();

    mutable std::mutex mutex_;
    std::condition_variable changed_; // state, visitors, living workers, parked
    std::condition_variable woken_;   // for sleep_unless
    std::string name_;                // one that was made in advance gets its own later
    State state_ = State::starting;
    std::string start_failure_;
    Clock::time_point close_deadline_{};
    Clock::time_point next_interrupt_{};           // while closing
    std::vector<std::unique_ptr<Worker>> workers_; // [0] is home; only ever grows
    int living_workers_ = 0;                       // besides home
    int visitors_ = 0;
    bool visits_allowed_ = false;
    bool ending_ = false;    // no way back: Py_EndInterpreter
    bool abandoned_ = false; // it shall not come to that any more
    bool parked_ = false;
    std::unordered_map<unsigned long, std::function<void()>> sleepers_; // by ident: what wakes
    std::unordered_map<std::uint64_t, Question> questions_;

    // Set by the home thread before the state is open, the state under the mutex; used by
    // worker threads.
    std::unique_ptr<Interpreter> interpreter_;
    PyInterpreterState *interpreter_state_ = nullptr;
    std::int64_t id_ = -1;
    PyObject *handle_ = nullptr;   // belong to the guest
    PyObject *shutdown_ = nullptr; //
    CrossingTypes types_;          //
    std::unique_ptr<Slot> slot_;
};

} // namespace subinterp
