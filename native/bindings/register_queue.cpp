#include "bindings/register.hpp"
#include "core/lifecycle.hpp"
#include "core/queue_handle.hpp"

namespace nb = nanobind;
using namespace nb::literals;

void register_queue(nb::module_ &module) {
    module.attr("QueueHandle") = nb::borrow(subinterp::host_types().queue);
    module.def(
        "create_queue",
        [](std::int64_t maxsize) {
            subinterp::guard_process(); // counts forks, also before there is a guest
            PyObject *handle = subinterp::make_queue_handle(
                subinterp::host_types(), subinterp::MessageQueue::create(maxsize));
            if (handle == nullptr) {
                throw nb::python_error();
            }
            return nb::steal(handle);
        },
        "maxsize"_a, nb::sig("def create_queue(maxsize: int) -> QueueHandle"),
        "Make a queue for packed items; without a bound if `maxsize` is not above zero.");
}
