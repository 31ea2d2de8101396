#include "core/message_queue.hpp"

#include "core/lifecycle.hpp"

#include <algorithm>
#include <utility>

namespace subinterp {

namespace {

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

} // namespace

void MessageQueue::Change::tell_one() {
    count.fetch_add(1, std::memory_order_release);
    condition.notify_one();
}

void MessageQueue::Change::tell_all() {
    count.fetch_add(1, std::memory_order_release);
    condition.notify_all();
}

std::shared_ptr<MessageQueue> MessageQueue::create(std::int64_t maxsize) {
    return {new MessageQueue(maxsize), [](const MessageQueue *queue) {
                if (!queue->gone()) { // else threads of the parent wait there, for ever
                    delete queue;
                }
            }};
}

MessageQueue::MessageQueue(std::int64_t maxsize)
    : id_(next_id()), maxsize_(maxsize), born_in_(fork_generation()) {}

bool MessageQueue::gone() const noexcept { return born_in_ != fork_generation(); }

template <class Ready>
MessageQueue::Outcome MessageQueue::await(std::unique_lock<std::mutex> &lock, Change &change,
                                          Clock::time_point deadline, Wait &wait, Ready ready) {
    if (ready()) {
        return Outcome::done;
    }
    if (deadline <= Clock::now()) {
        return Outcome::timed_out;
    }
    const std::uint32_t seen = change.count.load(std::memory_order_relaxed);
    lock.unlock();
    change.spins.spin_while(change.count, seen);
    lock.lock();
    const auto over = [&] { return wait.stopped_ || ready(); };
    if (deadline == Clock::time_point::max()) {
        change.condition.wait(lock, over);
    } else {
        change.condition.wait_until(lock, deadline, over);
    }
    if (wait.stopped_) {
        change.condition.notify_one(); // it may have been this thread that was told
        return Outcome::stopped;
    }
    return ready() ? Outcome::done : Outcome::timed_out;
}

MessageQueue::Outcome MessageQueue::put(Parcel &item, Clock::time_point deadline, Wait &wait) {
    std::unique_lock lock(mutex_);
    const Outcome outcome = await(lock, taken_, deadline, wait, [this] {
        return shut_down_ || maxsize_ <= 0 || std::cmp_less(items_.size(), maxsize_);
    });
    if (outcome != Outcome::done) {
        return outcome;
    }
    if (shut_down_) {
        return Outcome::shut_down;
    }
    items_.push_back(std::move(item));
    ++unfinished_;
    lock.unlock();
    put_.tell_one();
    return Outcome::done;
}

MessageQueue::Outcome MessageQueue::get(Parcel &item, Clock::time_point deadline, Wait &wait) {
    std::unique_lock lock(mutex_);
    const Outcome outcome =
        await(lock, put_, deadline, wait, [this] { return shut_down_ || !items_.empty(); });
    if (outcome != Outcome::done) {
        return outcome;
    }
    if (items_.empty()) {
        return Outcome::shut_down;
    }
    item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    taken_.tell_one();
    return Outcome::done;
}

MessageQueue::Outcome MessageQueue::join(Clock::time_point deadline, Wait &wait) {
    std::unique_lock lock(mutex_);
    return await(lock, finished_, deadline, wait, [this] { return unfinished_ == 0; });
}

void MessageQueue::stop(Wait &wait) {
    {
        std::lock_guard lock(mutex_);
        wait.stopped_ = true;
    }
    for (Change *change : {&put_, &taken_, &finished_}) {
        change->condition.notify_all();
    }
}

std::size_t MessageQueue::size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
}

bool MessageQueue::task_done() {
    {
        std::lock_guard lock(mutex_);
        if (unfinished_ == 0) {
            return false;
        }
        if (--unfinished_ > 0) {
            return true;
        }
    }
    finished_.tell_all();
    return true;
}

void MessageQueue::shut_down(bool immediate) {
    std::deque<Parcel> dropped; // outlives the lock: it may own other queues
    {
        std::lock_guard lock(mutex_);
        shut_down_ = true;
        if (immediate) {
            unfinished_ -= std::min(unfinished_, items_.size());
            dropped.swap(items_);
        }
    }
    for (Change *change : {&put_, &taken_, &finished_}) {
        change->tell_all();
    }
}

} // namespace subinterp
