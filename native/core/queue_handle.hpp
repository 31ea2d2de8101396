#pragma once

#include "core/python.hpp"

#include "core/buffer.hpp"
#include "core/message_queue.hpp"

#include <memory>

namespace subinterp {

/// Make the type by which the attached interpreter's Python has a queue: its operations on
/// packed items, for subinterp_values.queues. New reference or null.
///
/// Raw C API and one source for both sides, as a nanobind type would be the host's only.
PyObject *make_queue_type();

/// New reference or null. The types must outlive it.
PyObject *make_queue_handle(const CrossingTypes &types, std::shared_ptr<MessageQueue> queue);

/// The queue whose handle an object is, of whichever interpreter; null if it is none.
std::shared_ptr<MessageQueue> queue_of(PyObject *object);

} // namespace subinterp
