#include "bindings/answer_handle.hpp"
#include "bindings/register.hpp"
#include "bindings/request.hpp"
#include "bindings/work_queue_handle.hpp"
#include "core/attachment.hpp"
#include "core/guest.hpp"
#include "core/lifecycle.hpp"
#include "core/memory.hpp"

#include <chrono>
#include <memory>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace nb::literals;
using subinterp::Clock;

namespace {

/// What Python holds of a guest.
class Handle {
public:
    Handle(std::string name, bool own_gil, std::vector<std::string> path, nb::bytes setup) {
        std::string request(setup.c_str(), setup.size());
        subinterp::Detachment detached;
        guest_ = std::make_unique<std::shared_ptr<subinterp::Guest>>(subinterp::Guest::create(
            std::move(name), own_gil ? subinterp::Gil::own : subinterp::Gil::shared,
            std::move(path), std::move(request)));
        generation_ = subinterp::fork_generation();
    }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;

    ~Handle() {
        if (generation_ != subinterp::fork_generation()) {
            // Its mutex and condition variables belong to threads that the fork left
            // behind: destroying them would wait for those.
            guest_.release(); // NOLINT(bugprone-unused-return-value)
        } else {
            (*guest_)->begin_close(Clock::now()); // nobody can ask it for anything any more
        }
    }

    subinterp::Guest *operator->() const { return guest_->get(); }

private:
    std::unique_ptr<std::shared_ptr<subinterp::Guest>> guest_;
    unsigned generation_ = 0;
};

nb::object submit(Handle &self, std::uint64_t run, nb::bytes request, const std::string &thread,
                  nb::sequence buffers) {
    auto answer = self->submit(run, lend_request(request, buffers), thread);
    return nb::cast(new AnswerHandle(std::move(answer)), nb::rv_policy::take_ownership);
}

nb::bytes perform(Handle &self, nb::bytes request) {
    std::string outcome(request.c_str(), request.size());
    {
        subinterp::Detachment detached;
        outcome = self->perform(std::move(outcome));
    }
    return nb::bytes(outcome.data(), outcome.size());
}

/// Closing can take long: a Ctrl-C in between must be heard.
bool close_within(Handle &self, double timeout) {
    constexpr auto slice = std::chrono::milliseconds(50);
    const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(timeout));
    bool closed = false;
    {
        subinterp::Detachment detached;
        self->begin_close(deadline);
    }
    for (;;) {
        const auto now = Clock::now();
        {
            subinterp::Detachment detached;
            closed = self->await_closed(std::min(deadline, now + slice));
        }
        if (closed || now >= deadline) {
            break;
        }
        if (PyErr_CheckSignals() != 0) {
            throw nb::python_error();
        }
    }
    return closed;
}

bool answer(Handle &self, std::uint64_t question, nb::bytes answer) {
    return self->answer(question, std::string(answer.c_str(), answer.size()));
}

nb::list threads(Handle &self, double timeout) {
    std::vector<subinterp::ThreadInfo> threads;
    {
        subinterp::Detachment detached;
        threads = self->threads(
            std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(timeout)));
    }
    nb::list result;
    for (const auto &thread : threads) {
        result.append(nb::make_tuple(thread.name, thread.native_id, thread.thread_state_id,
                                     thread.running ? "running" : "idle", thread.run));
    }
    return result;
}

} // namespace

void register_guest(nb::module_ &module) {
    // Made for what their constructors do to the module.
    // NOLINTBEGIN(bugprone-unused-raii, bugprone-throw-keyword-missing)
    nb::exception<subinterp::StartError>(module, "StartError");
    nb::exception<subinterp::ClosedError>(module, "ClosedError");
    // NOLINTEND(bugprone-unused-raii, bugprone-throw-keyword-missing)

    module.attr("LEISURE") = subinterp::Guest::leisure_run;

    nb::class_<Handle>(module, "Guest", "A named interpreter with its threads.")
        .def(nb::init<std::string, bool, std::vector<std::string>, nb::bytes>(), "name"_a,
             "own_gil"_a, "path"_a, "setup"_a,
             "Create it on its home thread and boot subinterp_guest there.\n\n"
             "Raises StartError with CPython's own reason.")
        .def_prop_ro(
            "id", [](Handle &self) { return self->id(); }, "As PyInterpreterState_GetID.")
        .def_prop_ro(
            "state", [](Handle &self) { return self->state(); },
            "'idle', 'running', 'closing' or 'closed'.")
        .def_prop_ro(
            "queued", [](Handle &self) { return self->queued(); }, "How many jobs wait.")
        .def_prop_ro(
            "home_run", [](Handle &self) { return self->home_run(); },
            "The run that its home thread executes; 0 for none.")
        .def_prop_ro(
            "memory", [](Handle &self) { return subinterp::counted_memory(self->id()); },
            "Bytes that CPython's object allocator holds for it.")
        .def("submit", &submit, "run"_a, "request"_a, "thread"_a = "", "buffers"_a = nb::tuple(),
             "Queue a job on the home thread, or on another one, made on first use.\n\n"
             "Returns where its outcome will be. "
             "`buffers` lends memory of these objects to it, until nobody there needs it.\n"
             "Raises ClosedError.")
        .def("perform", &perform, "request"_a,
             "Have the home thread do a job that is no run, wait, and return its outcome.\n\n"
             "Raises ClosedError.")
        .def(
            "join", [](Handle &self, WorkQueueHandle &work) { self->join(work.queue); }, "work"_a,
            "Have the home thread do what is in this queue when it has nothing else to do; "
            "once.\n\n"
            "Raises ClosedError.")
        .def(
            "cancel", [](Handle &self, std::uint64_t run) { return self->cancel(run); }, "run"_a,
            "Take a job off its queue; False if it has begun.")
        .def(
            "executes", [](Handle &self, std::uint64_t run) { return self->executes(run); },
            "run"_a, "Whether a run has begun and is not over.")
        .def(
            "interrupt", [](Handle &self, std::uint64_t run) { return self->interrupt(run); },
            "run"_a, "Raise KeyboardInterrupt in a run, soon; False if it does not execute.")
        .def("answer", &answer, "question"_a, "answer"_a,
             "Answer what a run of it asks; False if nobody waits for the answer.")
        .def(
            "awaits", [](Handle &self, std::uint64_t question) { return self->awaits(question); },
            "question"_a, "Whether a run of it waits for the answer to this question.")
        .def("close", &close_within, "timeout"_a,
             "Interrupt what runs, drop what is queued, and end it; False if it is still busy "
             "after `timeout` seconds.")
        .def(
            "threads", &threads, "timeout"_a = 0.5,
            nb::sig(
                "def threads(self, timeout: float = 0.5) -> list[tuple[str, int, int, str, int]]"),
            "Its threads: name, native id, thread-state id, state, run.");
}
