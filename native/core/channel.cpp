#include "core/channel.hpp"

#include "core/lifecycle.hpp"
#include "core/spin.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace subinterp {

namespace {

constexpr std::size_t capacity = 4u << 20; // bytes of one guest not yet drained
constexpr std::size_t event_overhead = 64; // so that a flood of empty events is bounded too
constexpr std::size_t merge_limit = 1u << 20;
// Who waited for the end of the run knows of it, and goes on; others may want to.
constexpr auto no_hurry = std::chrono::milliseconds(1);
constexpr auto first_words = std::chrono::milliseconds(5);

bool is_text(EventKind kind) {
    return kind == EventKind::stdout_text || kind == EventKind::stderr_text;
}

} // namespace

bool Channel::try_send(const std::shared_ptr<Source> &source, Event &event) {
    std::lock_guard lock(mutex_);
    if (bounded_ && source->bytes_ >= capacity) {
        return false;
    }
    enqueue(source, std::move(event));
    return true;
}

void Channel::send(const std::shared_ptr<Source> &source, Event event, unsigned hurried) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] {
        return !bounded_ || source->bytes_ < capacity || source->hurried_ != hurried;
    });
    enqueue(source, std::move(event));
}

void Channel::hurry(const std::shared_ptr<Source> &source) {
    std::lock_guard lock(mutex_);
    ++source->hurried_;
    room_.notify_all();
}

unsigned Channel::hurried(const std::shared_ptr<Source> &source) {
    std::lock_guard lock(mutex_);
    return source->hurried_;
}

void Channel::send_now(const std::shared_ptr<Source> &source, Event event) {
    std::lock_guard lock(mutex_);
    enqueue(source, std::move(event));
}

void Channel::enqueue(const std::shared_ptr<Source> &source, Event event) {
    const EventKind kind = event.kind;
    const bool urgent = event.urgent;
    const bool ends_line = event.payload.ends_with('\n');
    auto &events = source->events_;
    if (kind == EventKind::finished && !events.empty() && events.back().run == event.run &&
        events.back().kind == EventKind::started) {
        // The end says as much, and calls are short.
        source->bytes_ -= event_overhead;
        events.pop_back();
    }
    if (is_text(kind) && !events.empty() && events.back().kind == kind &&
        events.back().run == event.run &&
        events.back().payload.size() + event.payload.size() <= merge_limit) {
        events.back().payload += event.payload;
        source->bytes_ += event.payload.size();
    } else {
        source->bytes_ += event.payload.size() + event_overhead;
        events.push_back(std::move(event));
    }
    if (!source->listed_) {
        source->listed_ = true;
        ready_.push_back(source);
    }
    Clock::time_point due;
    if (kind == EventKind::finished && !urgent) {
        due = Clock::now() + no_hurry;
    } else if (kind == EventKind::finished || kind == EventKind::dropped ||
               kind == EventKind::cancelled || kind == EventKind::closed) {
        due = Clock::time_point::min();
        urgent_.fetch_add(1, std::memory_order_release);
    } else if (kind == EventKind::started || (is_text(kind) && !ends_line)) {
        // Nobody looks at the start of a run that is over in the same breath, and print()
        // writes the end of a line apart from its text.
        due = Clock::now() + interval_;
    } else {
        // After a pause at once, or nearly: what is one to the eye is often several events.
        due = std::max(last_drain_ + interval_, Clock::now() + first_words);
    }
    if (due < due_) {
        due_ = due;
        due_changed_.notify_one();
    }
}

std::vector<Event> Channel::drain(Clock::duration interval, Clock::time_point timeout) {
    std::unique_lock lock(mutex_);
    interval_ = interval;
    if (due_ > Clock::now()) {
        const std::uint32_t seen = urgent_.load(std::memory_order_relaxed);
        lock.unlock();
        spins_.spin_while(urgent_, seen);
        lock.lock();
    }
    for (;;) {
        const Clock::time_point until = std::min(due_, timeout);
        if (until <= Clock::now()) {
            break;
        }
        if (until == Clock::time_point::max()) {
            due_changed_.wait(lock);
        } else {
            due_changed_.wait_until(lock, until);
        }
    }
    std::vector<Event> drained;
    for (auto &source : ready_) {
        std::move(source->events_.begin(), source->events_.end(), std::back_inserter(drained));
        source->events_.clear();
        source->bytes_ = 0;
        source->listed_ = false;
    }
    ready_.clear();
    due_ = Clock::time_point::max();
    last_drain_ = Clock::now();
    lock.unlock();
    room_.notify_all();
    return drained;
}

void Channel::wake() {
    std::lock_guard lock(mutex_);
    due_ = Clock::time_point::min();
    due_changed_.notify_one();
}

void Channel::wake_soon() {
    std::lock_guard lock(mutex_);
    const auto due = Clock::now() + interval_;
    if (due < due_) {
        due_ = due;
        due_changed_.notify_one();
    }
}

void Channel::lift_bound() {
    std::lock_guard lock(mutex_);
    bounded_ = false;
    room_.notify_all();
}

Channel &channel() {
    // Never destroyed: guests that could not be stopped may still send while the process
    // runs its exit handlers. A forked child cannot use its parent's, whose mutex
    // another thread may have held at that moment.
    static std::atomic<Channel *> current{nullptr};
    static std::atomic<unsigned> generation{0};
    const unsigned now = fork_generation();
    Channel *existing = current.load(std::memory_order_acquire);
    if (existing != nullptr && generation.load(std::memory_order_acquire) == now) {
        return *existing;
    }
    auto *fresh = new Channel();
    generation.store(now, std::memory_order_release);
    if (current.compare_exchange_strong(existing, fresh)) {
        return *fresh;
    }
    delete fresh; // another thread was first
    return *existing;
}

} // namespace subinterp
