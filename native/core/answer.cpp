#include "core/answer.hpp"

#include "core/spin.hpp"

#include <utility>

namespace subinterp {

void Answer::give(std::shared_ptr<const Outcome> outcome) { settle(given_, std::move(outcome)); }

void Answer::decline() { settle(declined_, nullptr); }

void Answer::settle(std::uint32_t state, std::shared_ptr<const Outcome> outcome) {
    std::lock_guard lock(mutex_);
    if (state_.load(std::memory_order_relaxed) == open_) {
        outcome_ = std::move(outcome);
        state_.store(state, std::memory_order_release);
        settled_.notify_all();
    }
}

bool Answer::wait(std::chrono::steady_clock::time_point deadline) {
    static SpinHistory spins; // there is a new answer for each wait
    waiting_.fetch_add(1, std::memory_order_release);
    spins.spin_while(state_, open_);
    std::unique_lock lock(mutex_);
    const bool settled = settled_.wait_until(
        lock, deadline, [&] { return state_.load(std::memory_order_relaxed) != open_; });
    waiting_.fetch_sub(1, std::memory_order_release);
    return settled;
}

std::shared_ptr<const Outcome> Answer::outcome() const {
    return given() ? outcome_ : nullptr; // it does not change any more
}

} // namespace subinterp
