#include "bindings/answer_handle.hpp"
#include "bindings/register.hpp"
#include "core/attachment.hpp"
#include "core/channel.hpp"

#include <chrono>

namespace nb = nanobind;
using namespace nb::literals;
using subinterp::Clock;
using subinterp::EventKind;

namespace {

Clock::duration seconds(double count) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

nb::object payload_of(const subinterp::Event &event) {
    const std::string &payload = event.payload;
    if (event.kind == EventKind::stdout_text || event.kind == EventKind::stderr_text) {
        return nb::str(payload.data(), payload.size());
    }
    if (event.outcome != nullptr) {
        return outcome_tuple(*event.outcome);
    }
    return nb::bytes(payload.data(), payload.size());
}

thread_local bool drains_here = false;

nb::list drain(double interval, double timeout) {
    const auto until = timeout < 0 ? Clock::time_point::max() : Clock::now() + seconds(timeout);
    std::vector<subinterp::Event> events;
    drains_here = true;
    {
        subinterp::Detachment detached;
        events = subinterp::channel().drain(seconds(interval), until);
    }
    subinterp::release_returned_buffers();
    nb::list result;
    for (const auto &event : events) {
        result.append(nb::make_tuple(event.run, static_cast<int>(event.kind), payload_of(event)));
    }
    return result;
}

} // namespace

void register_events(nb::module_ &module) {
    module.attr("STDOUT") = static_cast<int>(EventKind::stdout_text);
    module.attr("STDERR") = static_cast<int>(EventKind::stderr_text);
    module.attr("MESSAGE") = static_cast<int>(EventKind::message);
    module.attr("STARTED") = static_cast<int>(EventKind::started);
    module.attr("FINISHED") = static_cast<int>(EventKind::finished);
    module.attr("COMM") = static_cast<int>(EventKind::comm);
    module.attr("DROPPED") = static_cast<int>(EventKind::dropped);
    module.attr("CANCELLED") = static_cast<int>(EventKind::cancelled);
    module.attr("CLOSED") = static_cast<int>(EventKind::closed);

    module.def("drain", &drain, "interval"_a, "timeout"_a,
               nb::sig("def drain(interval: float, timeout: float) -> "
                       "list[tuple[int, int, str | bytes]]"),
               "Wait for events of guests and take them all: (run, kind, payload), in order for "
               "each run.\n\n"
               "Returns when a run is over, `interval` seconds after the last time when "
               "there is anything else, after `timeout` seconds (negative: never), or after "
               "wake().");
    module.def(
        "drains", [] { return drains_here; },
        "Whether the calling thread is one that has called drain().");
    module.def("wake", [] { subinterp::channel().wake(); }, "Make drain() return.");
}
