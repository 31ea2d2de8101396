#include "core/fork_hold.hpp"

namespace subinterp {

void ForkHold::expect() {
    std::lock_guard lock(mutex_);
    ++missing_;
}

void ForkHold::forgo() {
    std::lock_guard lock(mutex_);
    --missing_;
}

void ForkHold::expect_no_more() {
    std::lock_guard lock(mutex_);
    complete_ = true;
    changed_.notify_all();
}

void ForkHold::keep() {
    std::unique_lock lock(mutex_);
    --missing_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return released_; });
}

void ForkHold::await(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return complete_ && missing_ == 0; });
}

void ForkHold::release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
}

} // namespace subinterp
