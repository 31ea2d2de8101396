#pragma once

#include "core/buffer.hpp"
#include "core/channel.hpp"
#include "core/spin.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

namespace subinterp {

/// What queue.Queue is, for all interpreters of the process, and the property of none.
///
/// Any thread may call. What may wait is called detached, unless its deadline is past. One
/// mutex protects everything that changes, and is held for moments only.
///
/// Owned by those who refer to it: the handles that interpreters have, and the parcels on
/// their way (Buffer::refer). So one that is sent lives on when its sender ends, and nothing
/// counts what a parcel that never arrives would upset. Queues in a circle, one an item of
/// the other, keep one another until an item is taken.
class MessageQueue {
public:
    enum class Outcome { done, timed_out, shut_down, stopped };

    /// One wait of a thread, for who may stop it. Belongs to the mutex.
    class Wait {
        friend class MessageQueue;
        bool stopped_ = false;
    };

    /// No bound if `maxsize` is not above zero.
    static std::shared_ptr<MessageQueue> create(std::int64_t maxsize);
    MessageQueue(const MessageQueue &) = delete;
    MessageQueue &operator=(const MessageQueue &) = delete;
    ~MessageQueue() = default;

    std::uint64_t id() const noexcept { return id_; }
    std::int64_t maxsize() const noexcept { return maxsize_; }

    /// Left behind by a fork: nothing else of it may be called, for another thread may have
    /// held the mutex.
    bool gone() const noexcept;

    /// Append the item, moved from when that is done.
    Outcome put(Parcel &item, Clock::time_point deadline, Wait &wait);
    /// Take the first item.
    Outcome get(Parcel &item, Clock::time_point deadline, Wait &wait);
    /// Wait until each item that was put has been reported by task_done().
    Outcome join(Clock::time_point deadline, Wait &wait);

    /// End a wait, also one that has yet to begin.
    void stop(Wait &wait);

    std::size_t size() const;
    /// False if all were reported before.
    bool task_done();
    /// Refuse new items; `immediate` drops what is there.
    void shut_down(bool immediate);

private:
    /// What threads wait for: a spin sees the count, a sleep is woken.
    struct Change {
        std::atomic<std::uint32_t> count = 0;
        std::condition_variable condition;
        SpinHistory spins;

        void tell_one();
        void tell_all();
    };

    explicit MessageQueue(std::int64_t maxsize);

    template <class Ready>
    Outcome await(std::unique_lock<std::mutex> &lock, Change &change, Clock::time_point deadline,
                  Wait &wait, Ready ready);

    const std::uint64_t id_;
    const std::int64_t maxsize_;
    const unsigned born_in_; // fork generation

    mutable std::mutex mutex_;
    std::deque<Parcel> items_;
    std::size_t unfinished_ = 0;
    bool shut_down_ = false;
    Change put_;
    Change taken_;
    Change finished_;
};

} // namespace subinterp
