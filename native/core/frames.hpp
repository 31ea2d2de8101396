#pragma once

#include "core/python.hpp"

namespace subinterp {

/// What sys._current_frames() and sys._current_exceptions() return, for the attached
/// interpreter only.
///
/// CPython's own walk over every interpreter's threads while their code moves on: the
/// process aborts (gh-158364: all of 3.13, 3.14 before 3.14.8, 3.15 before rc3).
/// New reference, or null with an exception set.
PyObject *current_frames();
PyObject *current_exceptions();

} // namespace subinterp
