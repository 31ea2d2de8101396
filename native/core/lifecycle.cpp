#include "core/lifecycle.hpp"

#include "core/channel.hpp"
#include "core/fork_hold.hpp"
#include "core/guest.hpp"
#include "core/interpreter.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <vector>

#ifndef _WIN32
#    include <pthread.h>
#endif

// CPython's whole state. Opaque, but for the debug offsets at its start.
extern "C" {
PyAPI_DATA(char) _PyRuntime[]; // NOLINT(bugprone-reserved-identifier): CPython's name
}

namespace subinterp {

namespace {

/// The beginning of CPython's _Py_DebugOffsets, the same on 3.13, 3.14 and 3.15.
struct DebugOffsets {
    char cookie[8];
    std::uint64_t version;
    std::uint64_t free_threaded;
    struct {
        std::uint64_t size;
        std::uint64_t finalizing;
        std::uint64_t interpreters_head;
    } runtime;
    struct {
        std::uint64_t size;
        std::uint64_t id;
        std::uint64_t next;
    } interpreter;
};

PyInterpreterState **list_head = nullptr;
std::uint64_t next_offset = 0;
PyInterpreterState *main_interpreter = nullptr;
std::atomic<unsigned> generation{0};

PyInterpreterState **next_of(PyInterpreterState *interpreter) {
    return reinterpret_cast<PyInterpreterState **>(reinterpret_cast<char *>(interpreter) +
                                                   next_offset);
}

bool find_list() {
    DebugOffsets offsets;
    std::memcpy(&offsets, _PyRuntime, sizeof offsets);
    constexpr std::uint64_t minor_version_mask = 0xFFFF0000;
    if (std::memcmp(offsets.cookie, "xdebugpy", sizeof offsets.cookie) != 0 ||
        (offsets.version & minor_version_mask) != (PY_VERSION_HEX & minor_version_mask) ||
        offsets.runtime.interpreters_head >= offsets.runtime.size ||
        offsets.interpreter.next >= offsets.interpreter.size) {
        return false;
    }
    auto *head =
        reinterpret_cast<PyInterpreterState **>(_PyRuntime + offsets.runtime.interpreters_head);
    next_offset = offsets.interpreter.next;
    if (*head != PyInterpreterState_Head() || *next_of(*head) != PyInterpreterState_Next(*head)) {
        return false;
    }
    main_interpreter = PyInterpreterState_Main();
    list_head = head;
    return true;
}

/// Take one interpreter off CPython's list, so that finalization does not visit it.
void hide_from_runtime(PyInterpreterState *interpreter) {
    if (list_head == nullptr) {
        return;
    }
    for (PyInterpreterState **link = list_head; *link != nullptr; link = next_of(*link)) {
        if (*link == interpreter) {
            *link = *next_of(interpreter);
            return;
        }
    }
}

void in_forked_child() {
    generation.fetch_add(1);
    if (list_head != nullptr) {
        *list_head = main_interpreter;
    }
}

// How long a fork waits for a guest in C code that keeps its GIL, which may take for ever,
// and for one that is being made or ended, which does not.
constexpr auto hold_limit = std::chrono::milliseconds(250);
constexpr auto change_limit = std::chrono::seconds(2);
// How long exit waits for a guest in CPython's own code that makes or ends it.
constexpr auto last_call_limit = std::chrono::seconds(10);

struct Enlisted {
    std::mutex mutex;
    std::condition_variable forked;
    std::vector<std::weak_ptr<Guest>> guests;
    std::shared_ptr<ForkHold> hold; // there while threads fork
    int forking = 0;
    bool ended = false;
    unsigned generation = 0;

    std::vector<std::shared_ptr<Guest>> living() const { // with the mutex held
        std::vector<std::shared_ptr<Guest>> result;
        for (const auto &known : guests) {
            if (auto guest = known.lock()) {
                result.push_back(std::move(guest));
            }
        }
        return result;
    }
};

/// Never destroyed, and made anew in a forked child, for the reasons given at channel().
Enlisted &enlisted() {
    static std::atomic<Enlisted *> current{new Enlisted};
    Enlisted *existing = current.load();
    if (existing->generation != fork_generation()) {
        auto *fresh = new Enlisted;
        fresh->generation = fork_generation();
        current.store(fresh); // a child has one thread when it comes here first
        return *fresh;
    }
    return *existing;
}

} // namespace

bool guard_process() {
    static const bool known = [] {
        const bool found = find_list();
#ifndef _WIN32
        pthread_atfork(nullptr, nullptr, in_forked_child);
#endif
        return found;
    }();
    return known;
}

unsigned fork_generation() noexcept { return generation.load(std::memory_order_relaxed); }

void hold_guests() {
    Enlisted &all = enlisted();
    std::unique_lock lock(all.mutex);
    if (all.forking++ == 0) {
        all.hold = std::make_shared<ForkHold>();
        const auto hold = all.hold;
        const auto guests = all.living();
        lock.unlock();
        const auto deadline = Clock::now() + change_limit;
        for (const auto &guest : guests) {
            guest->hold(hold, deadline);
        }
        hold->expect_no_more();
        lock.lock();
    }
    const auto hold = all.hold;
    lock.unlock();
    hold->await(Clock::now() + hold_limit);
}

void release_guests() {
    Enlisted &all = enlisted();
    std::lock_guard lock(all.mutex);
    if (all.forking == 0) {
        return; // what is called before a fork was registered in the middle of this one
    }
    if (--all.forking == 0) {
        all.hold->release();
        all.hold.reset();
        all.forked.notify_all();
    }
}

void enlist(const std::shared_ptr<Guest> &guest) {
    Enlisted &all = enlisted();
    std::unique_lock lock(all.mutex);
    all.forked.wait(lock, [&] { return all.forking == 0; });
    if (all.ended) {
        throw StartError("the process is about to end");
    }
    std::erase_if(all.guests, [](const auto &known) { return known.expired(); });
    all.guests.push_back(guest);
}

std::size_t end_all(Clock::duration timeout) {
    std::vector<std::shared_ptr<Guest>> guests;
    {
        Enlisted &all = enlisted();
        std::lock_guard lock(all.mutex);
        all.ended = true;
        guests = all.living();
    }
    channel().lift_bound();
    const auto deadline = Clock::now() + timeout;
    for (auto &guest : guests) {
        guest->begin_close(deadline);
    }
    std::erase_if(guests, [&](auto &guest) { return guest->await_closed(deadline); });
    std::vector<std::shared_ptr<Guest>> stuck;
    const auto last_call = Clock::now() + last_call_limit;
    for (auto &guest : guests) {
        if (guest->abandon(last_call)) {
            stuck.push_back(guest);
        }
    }
    const auto park_deadline = Clock::now() + std::chrono::milliseconds(200);
    for (auto &guest : stuck) {
        guest->await_parked(park_deadline);
        hide_from_runtime(guest->interpreter_state());
    }
    return stuck.size();
}

} // namespace subinterp
