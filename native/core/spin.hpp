#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#    include <immintrin.h>
#endif

namespace subinterp {

/// Wait a few microseconds for `counter` to leave `seen`; then it is time to sleep.
///
/// Waking a sleeping thread costs more than a small job does: a round trip of two such
/// wakes takes 10 to 25 us, one that meets both sides awake takes 4.
/// False if it did not.
inline bool spin_while(const std::atomic<std::uint32_t> &counter, std::uint32_t seen) {
    static const bool worth_it = std::thread::hardware_concurrency() > 1;
    if (!worth_it) {
        return false;
    }
    constexpr auto patience = std::chrono::microseconds(50);
    const auto until = std::chrono::steady_clock::now() + patience;
    do {
        for (int i = 0; i < 32; ++i) {
            if (counter.load(std::memory_order_acquire) != seen) {
                return true;
            }
#if defined(__x86_64__) || defined(_M_X64)
            _mm_pause();
#endif
        }
    } while (std::chrono::steady_clock::now() < until);
    return false;
}

/// Spins for waits of one kind, while the last of them says that it is worth it.
///
/// On a busy machine the thread that is awaited may need the very CPU that spins. For all
/// threads: what they tell may get lost, and costs a spin.
class SpinHistory {
public:
    /// As the function does, or not at all.
    void spin_while(const std::atomic<std::uint32_t> &counter, std::uint32_t seen) {
        constexpr unsigned try_again = 64;
        if (met_.load(std::memory_order_relaxed) ||
            skipped_.fetch_add(1, std::memory_order_relaxed) % try_again == 0) {
            met_.store(subinterp::spin_while(counter, seen), std::memory_order_relaxed);
        }
    }

private:
    std::atomic<bool> met_ = true;
    std::atomic<unsigned> skipped_ = 0;
};

} // namespace subinterp
