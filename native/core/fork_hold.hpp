#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace subinterp {

/// Where visitors of guests wait, each with its guest's GIL, while the process forks.
///
/// A child has one thread, and every lock as it was at that moment. CPython's own threads
/// cannot be inside the C library then, as the one that forks has their GIL; a guest with a
/// GIL of its own can: in the loader (the child gets a half loaded extension module, and
/// dies of it), in `localtime` (it waits for ever), in CPython's tables.
class ForkHold {
public:
    /// One more visitor will come.
    void expect();
    /// One of them will not.
    void forgo();
    /// There are no more of them.
    void expect_no_more();
    /// For the visitor: say that it has its GIL, and wait for the release.
    void keep();
    /// Wait for all visitors; give up at the deadline.
    void await(std::chrono::steady_clock::time_point deadline);
    void release();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int missing_ = 0;
    bool complete_ = false;
    bool released_ = false;
};

} // namespace subinterp
