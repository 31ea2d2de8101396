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
inline void spin_while(const std::atomic<std::uint32_t> &counter, std::uint32_t seen) {
    static const bool worth_it = std::thread::hardware_concurrency() > 1;
    if (!worth_it) {
        return;
    }
    constexpr auto patience = std::chrono::microseconds(50);
    const auto until = std::chrono::steady_clock::now() + patience;
    do {
        for (int i = 0; i < 32; ++i) {
            if (counter.load(std::memory_order_acquire) != seen) {
                return;
            }
#if defined(__x86_64__) || defined(_M_X64)
            _mm_pause();
#endif
        }
    } while (std::chrono::steady_clock::now() < until);
}

} // namespace subinterp
