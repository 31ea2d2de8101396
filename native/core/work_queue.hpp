#pragma once

#include "core/answer.hpp"
#include "core/channel.hpp"
#include "core/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace subinterp {

class Guest;

/// Jobs for whichever of several guests is idle, in the order in which they came.
///
/// A guest joins once; from then on its home thread takes jobs from here whenever it has
/// none of its own. What wakes it is chosen here: the first member that is idle.
///
/// Any thread may call, attached or not: nothing here waits. The mutex is held for moments
/// only, and inside a guest's, if both are; so guests are called with neither.
class WorkQueue {
public:
    static std::shared_ptr<WorkQueue> create();
    WorkQueue(const WorkQueue &) = delete;
    WorkQueue &operator=(const WorkQueue &) = delete;
    ~WorkQueue() = default;

    /// Left behind by a fork: nothing else of it does anything.
    bool gone() const noexcept;

    /// Queue a job and wake a member. Throws ClosedError.
    void push(Job job);

    /// How many jobs there are beyond those that members have been woken for.
    std::size_t unserved() const;
    /// How many guests take jobs from it.
    std::size_t members() const;
    /// Whether it takes no more jobs.
    bool closed() const;

    /// As Guest's.
    bool cancel(std::uint64_t run);
    /// As Guest's, for whichever of the members it concerns.
    bool executes(std::uint64_t run) const;
    bool interrupt(std::uint64_t run);
    bool answer(std::uint64_t question, const std::string &answer);
    bool awaits(std::uint64_t question) const;

    /// Take no more jobs, and have each member end itself as soon as there is none left.
    void close();

    // For members.

    /// Throws ClosedError.
    void join(std::shared_ptr<Guest> guest);
    /// Take the oldest job; with none, count as idle from now on.
    std::optional<Job> take(const Guest &guest);
    /// Tell that this member is about to look for another job.
    void offer(const Guest &guest);
    /// Tell that this member is busy: if it was woken, another one may have to be.
    void excuse(const Guest &guest);
    /// Whether there will be no jobs any more.
    bool finished() const;
    /// Tell that it takes no more jobs. Those which nobody is left to take are given back.
    std::deque<Job> leave(const Guest &guest);

private:
    enum class Standing { busy, idle, woken };

    struct Member {
        std::shared_ptr<Guest> guest; // until it leaves, at the latest as it is closed
        Standing standing;
    };

    WorkQueue();

    std::vector<std::shared_ptr<Guest>> guests() const;

    // With the mutex held.
    Member *find(const Guest &guest);
    std::shared_ptr<Guest> choose();
    std::size_t woken() const;

    const unsigned born_in_; // fork generation
    mutable std::mutex mutex_;
    bool closed_ = false;
    std::deque<Job> jobs_;
    const std::shared_ptr<Channel::Source> source_ = std::make_shared<Channel::Source>();
    std::vector<Member> members_;
};

} // namespace subinterp
