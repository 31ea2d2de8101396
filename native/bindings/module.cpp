#include "bindings/register.hpp"

NB_MODULE(_native, module) {
    // A daemon thread that the end of the process stops keeps what it has on its stack.
    nanobind::set_leak_warnings(false);
    module.doc() = "Guests, their events, and what keeps the process alive around them.";
    register_process(module);
    register_work_queue(module);
    register_guest(module);
    register_answer(module);
    register_events(module);
    register_queue(module);
}
