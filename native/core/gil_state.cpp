#include "core/gil_state.hpp"

#include "core/attachment.hpp"
#include "core/guest.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <dlfcn.h>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace subinterp {

namespace {

struct Tenant {
    std::atomic<std::int64_t> interpreter{-1}; // its number, which no other will have
    std::mutex mutex;                          // of the guest
    std::weak_ptr<Guest> guest;

    std::shared_ptr<Guest> find() {
        std::lock_guard lock(mutex);
        return guest.lock();
    }
};

/// Never destroyed: threads of libraries may come at any time.
std::array<Tenant, Slot::count> &tenants = *new std::array<Tenant, Slot::count>;
std::atomic<int> next_number{0};

bool is_of(PyThreadState *state, std::int64_t interpreter) {
    return state != nullptr &&
           PyInterpreterState_GetID(PyThreadState_GetInterpreter(state)) == interpreter;
}

bool is_attached_to(std::int64_t interpreter) {
    return is_of(PyThreadState_GetUnchecked(), interpreter);
}

/// A thread that CPython does not know, attached to a guest for as long as this lives.
class Stay {
public:
    explicit Stay(std::shared_ptr<Guest> guest)
        : guest_(std::move(guest)),
          before_(PyThreadState_GetUnchecked() != nullptr ? PyEval_SaveThread() : nullptr) {
        guest_->admit();
        state_ = PyThreadState_New(guest_->interpreter_state());
        if (state_ == nullptr) {
            Py_FatalError("no memory for a thread state"); // as PyGILState_Ensure does
        }
        enter_python([this] { PyEval_RestoreThread(state_); });
    }
    Stay(const Stay &) = delete;
    Stay &operator=(const Stay &) = delete;
    ~Stay() {
        PyThreadState_Clear(state_);
        PyThreadState_DeleteCurrent();
        guest_->dismiss();
        if (before_ != nullptr) {
            enter_python([this] { PyEval_RestoreThread(before_); });
        }
    }

private:
    std::shared_ptr<Guest> guest_;
    PyThreadState *before_; // of another interpreter
    PyThreadState *state_ = nullptr;
};

/// What this thread's calls of ensure() that returned UNLOCKED have done, and release() undoes:
/// a stay, or null where a thread state of the thread's own was attached again.
thread_local std::vector<std::unique_ptr<Stay>> undone;

PyGILState_STATE ensure(int number) {
    Tenant &tenant = tenants[static_cast<std::size_t>(number)];
    const std::int64_t interpreter = tenant.interpreter.load();
    if (is_attached_to(interpreter)) {
        return PyGILState_LOCKED;
    }
    // The thread's last one, if it has given up the GIL around what calls back now.
    PyThreadState *own = PyGILState_GetThisThreadState();
    if (PyThreadState_GetUnchecked() == nullptr && is_of(own, interpreter)) {
        enter_python([own] { PyEval_RestoreThread(own); });
        undone.push_back(nullptr);
        return PyGILState_UNLOCKED;
    }
    auto guest = tenant.find();
    if (guest == nullptr) {
        hang_thread();
    }
    undone.push_back(std::make_unique<Stay>(std::move(guest)));
    return PyGILState_UNLOCKED;
}

void release(PyGILState_STATE before) {
    if (before == PyGILState_LOCKED) {
        return;
    }
    if (undone.empty()) {
        Py_FatalError("PyGILState_Release without PyGILState_Ensure");
    }
    const std::unique_ptr<Stay> stay = std::move(undone.back());
    undone.pop_back();
    if (stay == nullptr) {
        PyEval_SaveThread();
    }
}

int check(int number) {
    return is_attached_to(tenants[static_cast<std::size_t>(number)].interpreter.load()) ? 1 : 0;
}

} // namespace

} // namespace subinterp

// NOLINTBEGIN(cppcoreguidelines-macro-usage, readability-identifier-naming): names of C
#define SUBINTERP_SLOT(a, b, c)                                                                   \
    extern "C" __attribute__((visibility("default"))) PyGILState_STATE                            \
    PyGILState_En0##a##b##c() {                                                                   \
        return subinterp::ensure(1##a##b##c - 1000);                                              \
    }                                                                                             \
    extern "C" __attribute__((visibility("default"))) void PyGILState_Rel0##a##b##c(              \
        PyGILState_STATE before) {                                                                \
        subinterp::release(before);                                                               \
    }                                                                                             \
    extern "C" __attribute__((visibility("default"))) int PyGILState_C0##a##b##c() {              \
        return subinterp::check(1##a##b##c - 1000);                                               \
    }
#define SUBINTERP_TEN(a, b)                                                                       \
    SUBINTERP_SLOT(a, b, 0)                                                                       \
    SUBINTERP_SLOT(a, b, 1)                                                                       \
    SUBINTERP_SLOT(a, b, 2)                                                                       \
    SUBINTERP_SLOT(a, b, 3)                                                                       \
    SUBINTERP_SLOT(a, b, 4)                                                                       \
    SUBINTERP_SLOT(a, b, 5)                                                                       \
    SUBINTERP_SLOT(a, b, 6)                                                                       \
    SUBINTERP_SLOT(a, b, 7)                                                                       \
    SUBINTERP_SLOT(a, b, 8)                                                                       \
    SUBINTERP_SLOT(a, b, 9)
#define SUBINTERP_HUNDRED(a)                                                                      \
    SUBINTERP_TEN(a, 0)                                                                           \
    SUBINTERP_TEN(a, 1)                                                                           \
    SUBINTERP_TEN(a, 2)                                                                           \
    SUBINTERP_TEN(a, 3)                                                                           \
    SUBINTERP_TEN(a, 4)                                                                           \
    SUBINTERP_TEN(a, 5)                                                                           \
    SUBINTERP_TEN(a, 6)                                                                           \
    SUBINTERP_TEN(a, 7)                                                                           \
    SUBINTERP_TEN(a, 8)                                                                           \
    SUBINTERP_TEN(a, 9)
SUBINTERP_HUNDRED(0)
SUBINTERP_HUNDRED(1)
SUBINTERP_HUNDRED(2)
SUBINTERP_HUNDRED(3)
SUBINTERP_HUNDRED(4)
SUBINTERP_HUNDRED(5)
SUBINTERP_HUNDRED(6)
SUBINTERP_HUNDRED(7)
SUBINTERP_HUNDRED(8)
SUBINTERP_HUNDRED(9)
// NOLINTEND(cppcoreguidelines-macro-usage, readability-identifier-naming)

namespace subinterp {

namespace {

/// Let the copies that are loaded from now on find the functions above.
void make_functions_global() {
    static const bool done = [] {
        Dl_info ours{};
        return dladdr(reinterpret_cast<void *>(&PyGILState_En0000), &ours) != 0 &&
               dlopen(ours.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) != nullptr;
    }();
    if (!done) {
        throw std::runtime_error("cannot give private copies their PyGILState functions");
    }
}

} // namespace

Slot::Slot(const std::shared_ptr<Guest> &guest) {
    make_functions_global();
    number_ = next_number.fetch_add(1);
    if (number_ >= count) {
        next_number.store(count);
        throw std::length_error("this process has had 1000 interpreters with private copies of "
                                "extension modules; restart it to make more");
    }
    Tenant &tenant = tenants[static_cast<std::size_t>(number_)];
    std::lock_guard lock(tenant.mutex);
    tenant.guest = guest;
    tenant.interpreter.store(PyInterpreterState_GetID(guest->interpreter_state()));
}

Slot::~Slot() {
    Tenant &tenant = tenants[static_cast<std::size_t>(number_)];
    std::lock_guard lock(tenant.mutex);
    // The thread that ends the guest is attached, and may call destructors that ask (duckdb's).
    tenant.guest.reset();
}

} // namespace subinterp
