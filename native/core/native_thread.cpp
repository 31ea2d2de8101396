#include "core/python.hpp"

#include "core/native_thread.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <mutex>
#include <system_error>

#ifndef _WIN32
#    include <unistd.h>
#endif

namespace subinterp {

#ifdef _WIN32

NativeThread::NativeThread(std::function<void()> body)
    : thread_(std::move(body)), joinable_(true) {}

NativeThread::~NativeThread() {
    if (joinable_) {
        thread_.detach();
    }
}

void NativeThread::join() {
    thread_.join();
    joinable_ = false;
}

void kick_thread(unsigned long) noexcept {}

void hang_thread() noexcept {
    for (;;) {
        std::this_thread::sleep_for(std::chrono::hours(24));
    }
}

#else

namespace {

constexpr std::size_t stack_size = 16u << 20;

void *run_body(void *argument) {
    std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()> *>(argument));
    (*body)();
    return nullptr;
}

// SIGURG is ignored by default and by everyone who has no use for out-of-band TCP data,
// so a stray one is harmless (Go's runtime preempts its threads with it for that reason).
constexpr int kick_signal = SIGURG;

void ignore_signal(int) {}

void install_kick_handler() noexcept {
    struct sigaction current{};
    sigaction(kick_signal, nullptr, &current);
    if (current.sa_handler != SIG_DFL && current.sa_handler != SIG_IGN) {
        return; // somebody's own handler interrupts system calls just as well
    }
    struct sigaction action{};
    action.sa_handler = ignore_signal; // without SA_RESTART: the call must return
    sigaction(kick_signal, &action, nullptr);
}

} // namespace

NativeThread::NativeThread(std::function<void()> body) {
    auto owned = std::make_unique<std::function<void()>>(std::move(body));
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_size);
    int error = pthread_create(&thread_, &attributes, run_body, owned.get());
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), "cannot start a thread");
    }
    owned.release(); // NOLINT(bugprone-unused-return-value): the thread owns it now
    joinable_ = true;
}

NativeThread::~NativeThread() {
    if (joinable_) {
        pthread_detach(thread_);
    }
}

void NativeThread::join() {
    pthread_join(thread_, nullptr);
    joinable_ = false;
}

void kick_thread(unsigned long ident) noexcept {
    static std::once_flag installed;
    std::call_once(installed, install_kick_handler);
    // A number on Linux and a pointer on macOS: only this cast makes either.
    pthread_kill((pthread_t)ident, kick_signal); // NOLINT(modernize-avoid-c-style-cast)
}

void hang_thread() noexcept {
    for (;;) {
        pause();
    }
}

#endif

void name_this_thread(const std::string &name) noexcept {
#if defined(__linux__)
    constexpr std::size_t longest = 15; // Linux refuses longer ones
    pthread_setname_np(pthread_self(), name.substr(0, longest).c_str());
#elif defined(__APPLE__)
    pthread_setname_np(name.c_str());
#else
    (void)name;
#endif
}

unsigned long native_thread_id() noexcept { return PyThread_get_thread_native_id(); }

bool is_first_thread() noexcept {
#if defined(__linux__)
    return native_thread_id() == static_cast<unsigned long>(getpid());
#else
    return true;
#endif
}

} // namespace subinterp
