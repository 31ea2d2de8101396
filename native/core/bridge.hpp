#pragma once

#include "core/python.hpp"

namespace subinterp {

class Guest;

/// Prepare the bridge's definition; once, attached to the host.
void prepare_bridge();

/// Put the module `_subinterp`, through which a guest's Python code talks to us, into the
/// attached guest's sys.modules. False with a Python exception set.
///
/// Raw C API: a nanobind module refuses to load in a guest, and its objects would belong to
/// the host.
bool install_bridge(Guest &guest);

} // namespace subinterp
