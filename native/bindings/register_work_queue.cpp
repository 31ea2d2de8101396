#include "bindings/answer_handle.hpp"
#include "bindings/register.hpp"
#include "bindings/request.hpp"
#include "bindings/work_queue_handle.hpp"
#include "core/lifecycle.hpp"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace {

nb::object submit(WorkQueueHandle &self, std::uint64_t run, nb::bytes request,
                  const std::string & /*thread*/, nb::sequence buffers) {
    auto answer = std::make_shared<subinterp::Answer>();
    self.queue->push({run, lend_request(request, buffers), answer});
    return nb::cast(new AnswerHandle(std::move(answer)), nb::rv_policy::take_ownership);
}

} // namespace

void register_work_queue(nb::module_ &module) {
    nb::class_<WorkQueueHandle>(module, "WorkQueue",
                                "Jobs for whichever of several guests is idle, in order.")
        .def("__init__",
             [](WorkQueueHandle *self) {
                 subinterp::guard_process(); // counts forks, also before there is a guest
                 new (self) WorkQueueHandle{subinterp::WorkQueue::create()};
             })
        .def_prop_ro(
            "id", [](WorkQueueHandle &) { return -1; }, "That of no interpreter.")
        .def_prop_ro(
            "state",
            [](WorkQueueHandle &self) { return self.queue->closed() ? "closed" : "running"; },
            "'running' or 'closed'.")
        .def_prop_ro(
            "unserved", [](WorkQueueHandle &self) { return self.queue->unserved(); },
            "How many jobs there are beyond those that idle guests have been woken for.")
        .def_prop_ro(
            "members", [](WorkQueueHandle &self) { return self.queue->members(); },
            "How many guests take jobs from it.")
        .def(
            "submit", &submit, "run"_a, "request"_a, "thread"_a = "", "buffers"_a = nb::tuple(),
            "Queue a job, as Guest.submit does; on the home thread of the guest that takes it.\n\n"
            "Raises ClosedError.")
        .def(
            "cancel",
            [](WorkQueueHandle &self, std::uint64_t run) { return self.queue->cancel(run); },
            "run"_a, "Take a job off the queue; False if it has begun.")
        .def(
            "executes",
            [](WorkQueueHandle &self, std::uint64_t run) { return self.queue->executes(run); },
            "run"_a, "Whether a run has begun and is not over.")
        .def(
            "interrupt",
            [](WorkQueueHandle &self, std::uint64_t run) { return self.queue->interrupt(run); },
            "run"_a, "Raise KeyboardInterrupt in a run, soon; False if it does not execute.")
        .def(
            "answer",
            [](WorkQueueHandle &self, std::uint64_t question, nb::bytes answer) {
                return self.queue->answer(question, std::string(answer.c_str(), answer.size()));
            },
            "question"_a, "answer"_a, "As Guest.answer.")
        .def(
            "awaits",
            [](WorkQueueHandle &self, std::uint64_t question) {
                return self.queue->awaits(question);
            },
            "question"_a, "As Guest.awaits.")
        .def(
            "close", [](WorkQueueHandle &self) { self.queue->close(); },
            "Take no more jobs; the guests end as soon as there is none left.");
}
