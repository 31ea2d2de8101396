#pragma once

#include "core/answer.hpp"
#include "core/spin.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace subinterp {

using Clock = std::chrono::steady_clock;

enum class EventKind : std::uint8_t {
    stdout_text = 1,
    stderr_text = 2,
    message = 3,
    started = 4,
    finished = 5,
    comm = 6,      // a Jupyter comm's message, which needs no run that is still known
    dropped = 7,   // the guest closes, and will not begin it
    closed = 8,    // the last one of a guest, whose id stands in the place of the run's
    cancelled = 9, // somebody has taken it off the queue
};

/// Something that a guest tells the host about one run. Contains no Python object.
struct Event {
    std::uint64_t run;
    EventKind kind;
    std::string payload;                              // UTF-8 for text, marshal data for the rest
    std::shared_ptr<const Outcome> outcome = nullptr; // of a run that is over
    bool urgent = true; // whether somebody waits for the news that it is over
};

/// The one way from guests to the host: a bounded queue for each guest, drained together.
///
/// Any thread may send; one thread drains. The mutex protects all sources and the wake
/// up time. Guaranteed: events of one source keep their order, nothing is dropped, and a
/// source whose queue is full waits (text of a guest that prints faster than the notebook
/// takes it costs time, not memory).
class Channel {
public:
    /// The queue of one guest. Its members belong to the channel's mutex.
    class Source {
        friend class Channel;
        std::deque<Event> events_;
        std::size_t bytes_ = 0;
        bool listed_ = false;
        unsigned hurried_ = 0;
    };

    Channel() = default;
    Channel(const Channel &) = delete;
    Channel &operator=(const Channel &) = delete;

    /// Queue an event unless the source is full; true if it was taken (and moved from).
    bool try_send(const std::shared_ptr<Source> &source, Event &event);

    /// Queue an event, waiting for room, but not beyond a hurry() since `hurried` was asked
    /// for. Call it detached from any interpreter.
    void send(const std::shared_ptr<Source> &source, Event event, unsigned hurried);

    /// Have all that wait for room of this source queue what they have and go on.
    void hurry(const std::shared_ptr<Source> &source);

    /// How often that was called.
    unsigned hurried(const std::shared_ptr<Source> &source);

    /// Queue an event whether there is room or not: for what must never wait.
    void send_now(const std::shared_ptr<Source> &source, Event event);

    /// Take all events, those of one source in order. Returns at once when a run is over; else
    /// `interval` after the last drain when there is anything, so that neighbouring text
    /// arrives merged; or at `timeout`; or after wake().
    std::vector<Event> drain(Clock::duration interval, Clock::time_point timeout);

    /// Make the drain that waits, or the next one, return.
    void wake();

    /// Make it return within its interval.
    void wake_soon();

    /// From now on nobody waits for room: the process is about to end.
    void lift_bound();

private:
    void enqueue(const std::shared_ptr<Source> &source, Event event);

    std::mutex mutex_;
    std::condition_variable due_changed_;
    std::condition_variable room_;
    std::vector<std::shared_ptr<Source>> ready_;
    Clock::time_point due_ = Clock::time_point::max(); // when a drain should return
    Clock::time_point last_drain_{};
    Clock::duration interval_ = std::chrono::milliseconds(50);
    bool bounded_ = true;
    std::atomic<std::uint32_t> urgent_ = 0; // counts what makes a drain return at once
    SpinHistory spins_;
};

/// The channel of this process; a forked child gets one of its own.
Channel &channel();

} // namespace subinterp
