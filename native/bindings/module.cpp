#include "bindings/register.hpp"

NB_MODULE(_native, module) {
    module.doc() = "Guests, their events, and what keeps the process alive around them.";
    register_process(module);
    register_guest(module);
    register_events(module);
}
