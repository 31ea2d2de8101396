#include "bindings/register.hpp"
#include "core/attachment.hpp"
#include "core/bridge.hpp"
#include "core/frames.hpp"
#include "core/lifecycle.hpp"
#include "core/memory.hpp"

#include <chrono>

namespace nb = nanobind;
using namespace nb::literals;

void register_process(nb::module_ &module) {
    subinterp::prepare_bridge();
    subinterp::count_memory();

    module.def("guard_process", &subinterp::guard_process,
               "Install, once, the handler that keeps forked children alive.\n\n"
               "False where this CPython's layout is unknown: a fork while a guest lives then "
               "kills the child (gh-101437).");
    module.def(
        "hold_guests",
        [] {
            subinterp::Detachment detached;
            subinterp::hold_guests();
        },
        "Keep guests with a GIL of their own out of C code, before a fork.\n\n"
        "What the loader or the C library has half done, and their locks, would go into the "
        "child as they are.");
    module.def("release_guests", &subinterp::release_guests,
               "Let them go on, after a fork, in the parent.");
    module.def(
        "shutdown",
        [](double timeout) {
            const auto limit = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                std::chrono::duration<double>(timeout));
            subinterp::Detachment detached;
            return subinterp::end_all(limit);
        },
        "timeout"_a,
        "Interrupt and end all guests, within `timeout` seconds; for the end of the process.\n\n"
        "What will not stop is hidden from CPython's finalization. Returns how many that were.");
    module.def(
        "current_frames", [] { return nb::steal(subinterp::current_frames()); },
        nb::sig("def current_frames() -> dict[int, types.FrameType]"),
        "sys._current_frames() of this interpreter alone (gh-158364).");
    module.def(
        "current_exceptions", [] { return nb::steal(subinterp::current_exceptions()); },
        nb::sig("def current_exceptions() -> dict[int, BaseException | None]"),
        "sys._current_exceptions() of this interpreter alone (gh-158364).");
}
