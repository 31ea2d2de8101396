#pragma once

#include "core/python.hpp"

#include <memory>

namespace subinterp {

class Guest;

/// The number of one guest's private copies of extension modules, and its PyGILState.
///
/// CPython's PyGILState_Ensure attaches a thread that it does not know, one of a library's own
/// pool, to the host: objects of a guest would be changed under the wrong GIL. A private copy
/// therefore calls PyGILState_En0007 and the like instead, with its slot's number, which is
/// written over the end of the name, so the file keeps its layout. These are exported by our
/// module, and attach to the guest that has the slot.
///
/// A slot is given once in a process: what a closed guest loaded stays mapped, and a library
/// that remembers its interpreter would find that one again.
class Slot {
public:
    /// How many there are: each needs functions of its own.
    static constexpr int count = 1000;

    /// Take the next number for a guest. Throws std::length_error where none is left.
    explicit Slot(const std::shared_ptr<Guest> &guest);
    Slot(const Slot &) = delete;
    Slot &operator=(const Slot &) = delete;
    /// Threads that ask for the guest's GIL from now on wait for ever, as at CPython's end.
    ~Slot();

    int number() const noexcept { return number_; }

private:
    int number_;
};

} // namespace subinterp
