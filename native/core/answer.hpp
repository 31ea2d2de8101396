#pragma once

#include "core/buffer.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace subinterp {

/// How a job ended, and when.
struct Outcome {
    Parcel parcel;
    double started = 0; // seconds since the epoch
    double finished = 0;
    double took = 0; // by a clock that nobody sets
};

/// The outcome of a job, for a thread that waits for this job and nothing else.
///
/// What guests tell goes through the channel, to one thread of the host which tells everyone
/// else. That costs two more threads' wakes and turns at the host's GIL; so a thread that
/// waits for a job gets its outcome here at the same time. Not if the job had output:
/// that must be delivered first, and the answer is declined.
///
/// For all threads, with nothing attached while they wait.
class Answer {
public:
    Answer() = default;
    Answer(const Answer &) = delete;
    Answer &operator=(const Answer &) = delete;

    /// By who does the job, at most once.
    void give(std::shared_ptr<const Outcome> outcome);
    /// Nothing will come this way; who waits shall look elsewhere.
    void decline();

    /// Wait until it is given or declined, or until `deadline`; whether it is one of them.
    bool wait(std::chrono::steady_clock::time_point deadline);

    /// Null until it is given.
    std::shared_ptr<const Outcome> outcome() const;
    bool given() const noexcept { return state_.load(std::memory_order_acquire) == given_; }
    /// Whether somebody waited when it was given.
    bool awaited() const noexcept { return waiting_.load(std::memory_order_acquire) > 0; }

private:
    static constexpr std::uint32_t open_ = 0, given_ = 1, declined_ = 2;

    void settle(std::uint32_t state, std::shared_ptr<const Outcome> outcome);

    mutable std::mutex mutex_;
    std::condition_variable settled_;
    std::atomic<std::uint32_t> state_ = open_;
    std::atomic<int> waiting_ = 0;
    std::shared_ptr<const Outcome> outcome_; // with the mutex, or when given
};

} // namespace subinterp
