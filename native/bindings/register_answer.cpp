#include "bindings/answer_handle.hpp"
#include "bindings/register.hpp"
#include "core/attachment.hpp"
#include "core/lifecycle.hpp"

#include <algorithm>
#include <chrono>

namespace nb = nanobind;
using namespace nb::literals;
using Clock = std::chrono::steady_clock;

namespace {

/// Waiting can take long: a Ctrl-C in between must be heard.
bool wait(AnswerHandle &self, double timeout) {
    constexpr auto slice = std::chrono::milliseconds(50);
    const auto deadline = timeout < 0 ? Clock::time_point::max()
                                      : Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                           std::chrono::duration<double>(timeout));
    while (self.is_ours()) {
        const auto until = std::min(deadline, Clock::now() + slice);
        bool settled = false;
        {
            subinterp::Detachment detached;
            settled = self->wait(until);
        }
        if (settled) {
            return true;
        }
        if (PyErr_CheckSignals() != 0) {
            throw nb::python_error();
        }
        if (until == deadline) {
            break;
        }
    }
    return false;
}

nb::object outcome(AnswerHandle &self) {
    const auto outcome = self->outcome();
    return outcome != nullptr ? nb::object(outcome_tuple(*outcome)) : nb::none();
}

} // namespace

AnswerHandle::AnswerHandle(std::shared_ptr<subinterp::Answer> answer)
    : answer_(std::make_unique<std::shared_ptr<subinterp::Answer>>(std::move(answer))),
      generation_(subinterp::fork_generation()) {}

AnswerHandle::~AnswerHandle() {
    if (!is_ours()) {
        answer_.release(); // NOLINT(bugprone-unused-return-value)
    }
}

bool AnswerHandle::is_ours() const { return generation_ == subinterp::fork_generation(); }

nb::tuple outcome_tuple(const subinterp::Outcome &outcome) {
    const std::string &data = outcome.parcel.data;
    PyObject *buffers = subinterp::wrap_buffers(subinterp::host_types(), outcome.parcel.buffers);
    if (buffers == nullptr) {
        throw nb::python_error();
    }
    return nb::make_tuple(nb::bytes(data.data(), data.size()), nb::steal(buffers), outcome.started,
                          outcome.finished, outcome.took);
}

void register_answer(nb::module_ &module) {
    if (!subinterp::host_types().make()) {
        throw nb::python_error();
    }

    nb::class_<AnswerHandle>(module, "Answer", "Where the outcome of a job will be.")
        .def("wait", &wait, "timeout"_a = -1.0,
             "Wait until the outcome is here, or it is known that it will not come this way; "
             "False if neither is so after `timeout` seconds (negative: never).")
        .def_prop_ro(
            "given", [](AnswerHandle &self) { return self->given(); },
            "Whether the outcome is here.")
        .def(
            "outcome", &outcome,
            nb::sig("def outcome(self) -> tuple[bytes, tuple[collections.abc.Buffer, ...], float, "
                    "float, float] | None"),
            "The outcome: data, memory that it refers to, when the job started and finished "
            "(as time.time()), and how many seconds it took; or None.")
        .def(
            "decline",
            [](AnswerHandle &self) {
                if (self.is_ours()) {
                    self->decline();
                }
            },
            "Have all that wait look elsewhere.");
}
