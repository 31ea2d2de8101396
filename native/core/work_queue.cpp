#include "core/work_queue.hpp"

#include "core/guest.hpp"
#include "core/lifecycle.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace subinterp {

std::shared_ptr<WorkQueue> WorkQueue::create() {
    return {new WorkQueue, [](const WorkQueue *queue) {
                if (!queue->gone()) { // else threads of the parent may wait for its answers
                    delete queue;
                }
            }};
}

WorkQueue::WorkQueue() : born_in_(fork_generation()) {}

bool WorkQueue::gone() const noexcept { return born_in_ != fork_generation(); }

void WorkQueue::push(Job job) {
    if (gone()) {
        throw ClosedError("the queue is another process's");
    }
    std::unique_lock lock(mutex_);
    if (closed_) {
        throw ClosedError("the queue takes no more jobs");
    }
    jobs_.push_back(std::move(job));
    const std::shared_ptr<Guest> guest = choose();
    lock.unlock();
    if (guest != nullptr) {
        guest->look_for_work();
    }
}

std::size_t WorkQueue::unserved() const {
    if (gone()) {
        return 0;
    }
    std::lock_guard lock(mutex_);
    return jobs_.size() - std::min(jobs_.size(), woken());
}

std::size_t WorkQueue::members() const {
    if (gone()) {
        return 0;
    }
    std::lock_guard lock(mutex_);
    return members_.size();
}

bool WorkQueue::closed() const {
    if (gone()) {
        return true;
    }
    std::lock_guard lock(mutex_);
    return closed_;
}

bool WorkQueue::finished() const {
    std::lock_guard lock(mutex_);
    return closed_ && jobs_.empty();
}

bool WorkQueue::cancel(std::uint64_t run) {
    if (gone()) {
        return false;
    }
    std::lock_guard lock(mutex_);
    const auto job = std::ranges::find(jobs_, run, &Job::run);
    if (job == jobs_.end()) {
        return false;
    }
    job->answer->decline();
    jobs_.erase(job);
    channel().send_now(source_, {run, EventKind::cancelled, {}});
    return true;
}

bool WorkQueue::executes(std::uint64_t run) const {
    return std::ranges::any_of(guests(), [&](const auto &one) { return one->executes(run); });
}

bool WorkQueue::interrupt(std::uint64_t run) {
    return std::ranges::any_of(guests(), [&](const auto &one) { return one->interrupt(run); });
}

bool WorkQueue::answer(std::uint64_t question, const std::string &answer) {
    return std::ranges::any_of(guests(),
                               [&](const auto &one) { return one->answer(question, answer); });
}

bool WorkQueue::awaits(std::uint64_t question) const {
    return std::ranges::any_of(guests(), [&](const auto &one) { return one->awaits(question); });
}

void WorkQueue::close() {
    if (gone()) {
        return;
    }
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
    }
    for (const auto &guest : guests()) {
        guest->look_for_work();
    }
}

std::vector<std::shared_ptr<Guest>> WorkQueue::guests() const {
    std::vector<std::shared_ptr<Guest>> result;
    if (!gone()) {
        std::lock_guard lock(mutex_);
        std::ranges::transform(members_, std::back_inserter(result), &Member::guest);
    }
    return result;
}

void WorkQueue::join(std::shared_ptr<Guest> guest) {
    std::lock_guard lock(mutex_);
    if (closed_ && jobs_.empty()) {
        throw ClosedError("there is nothing left to do");
    }
    members_.push_back({std::move(guest), Standing::woken}); // it will come and look
}

std::optional<Job> WorkQueue::take(const Guest &guest) {
    std::lock_guard lock(mutex_);
    Member *member = find(guest);
    if (jobs_.empty()) {
        member->standing = Standing::idle;
        return std::nullopt;
    }
    member->standing = Standing::busy;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
}

void WorkQueue::offer(const Guest &guest) {
    std::lock_guard lock(mutex_);
    Member *member = find(guest);
    if (member != nullptr && member->standing == Standing::busy) {
        member->standing = Standing::idle;
    }
}

void WorkQueue::excuse(const Guest &guest) {
    std::unique_lock lock(mutex_);
    Member *member = find(guest);
    if (member == nullptr) {
        return;
    }
    const bool was_woken = std::exchange(member->standing, Standing::busy) == Standing::woken;
    const std::shared_ptr<Guest> other = was_woken ? choose() : nullptr;
    lock.unlock();
    if (other != nullptr) {
        other->look_for_work();
    }
}

std::deque<Job> WorkQueue::leave(const Guest &guest) {
    std::unique_lock lock(mutex_);
    const auto before = members_.size();
    std::erase_if(members_, [&](const Member &member) { return member.guest.get() == &guest; });
    if (members_.size() == before) {
        return {};
    }
    if (members_.empty()) {
        return std::exchange(jobs_, {});
    }
    const std::shared_ptr<Guest> other = choose();
    lock.unlock();
    if (other != nullptr) {
        other->look_for_work();
    }
    return {};
}

WorkQueue::Member *WorkQueue::find(const Guest &guest) {
    const auto is_it = [&](const Member &member) { return member.guest.get() == &guest; };
    const auto member = std::ranges::find_if(members_, is_it);
    return member != members_.end() ? &*member : nullptr;
}

std::shared_ptr<Guest> WorkQueue::choose() {
    if (jobs_.size() <= woken()) {
        return nullptr; // one is on its way for each of them
    }
    const auto idle = std::ranges::find(members_, Standing::idle, &Member::standing);
    if (idle == members_.end()) {
        return nullptr;
    }
    idle->standing = Standing::woken;
    return idle->guest;
}

std::size_t WorkQueue::woken() const {
    return static_cast<std::size_t>(
        std::ranges::count(members_, Standing::woken, &Member::standing));
}

} // namespace subinterp
