#pragma once

#include <functional>
#include <string>
#include <thread>

#ifndef _WIN32
#    include <pthread.h>
#endif

namespace subinterp {

/// A joinable OS thread with a stack that Python code fits in.
///
/// The default stack of a thread is 512 KiB on macOS: too little for CPython's own
/// recursion limit. All of ours get 16 MiB (address space; pages come as touched).
class NativeThread {
public:
    explicit NativeThread(std::function<void()> body);
    NativeThread(const NativeThread &) = delete;
    NativeThread &operator=(const NativeThread &) = delete;

    /// Lets a thread that was not joined run on by itself: destructors never wait.
    ~NativeThread();

    void join();

private:
#ifdef _WIN32
    std::thread thread_;
#else
    pthread_t thread_{};
#endif
    bool joinable_ = false;
};

/// Make a blocking system call of the thread with this CPython identifier return with
/// EINTR. The thread must live, or have ended and not been joined.
void kick_thread(unsigned long ident) noexcept;

/// Stop the calling thread for good, without unwinding its stack.
[[noreturn]] void hang_thread() noexcept;

/// Name the calling thread for the operating system's tools (top -H, gdb, perf).
void name_this_thread(const std::string &name) noexcept;

/// The id by which the operating system's tools (top, gdb, perf) name this thread.
unsigned long native_thread_id() noexcept;

/// Whether this is the process's first thread, on which CPython calls signal handlers; where
/// the system does not tell, each may be.
bool is_first_thread() noexcept;

} // namespace subinterp
