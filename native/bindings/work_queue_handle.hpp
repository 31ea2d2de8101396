#pragma once

#include "core/work_queue.hpp"

#include <memory>

/// What Python holds of a work queue.
struct WorkQueueHandle {
    std::shared_ptr<subinterp::WorkQueue> queue;
};
