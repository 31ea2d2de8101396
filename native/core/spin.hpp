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

/// Whether a wait of one kind should begin with a spin, going by the last ones.
///
/// On a busy machine the thread that is awaited may need the very CPU that spins.
class SpinHistory {
public:
    bool worth_it() noexcept { return met_ || ++skipped_ % try_again == 0; }
    void tell(bool met) noexcept { met_ = met; }

private:
    static constexpr unsigned try_again = 64;
    bool met_ = true;
    unsigned skipped_ = 0;
};

} // namespace subinterp
