#pragma once

#include "core/python.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace subinterp {

class Guest;

/// Install, once, what keeps a process with guests alive. False where the layout of this
/// CPython is unknown: then a fork while a guest lives kills the child.
///
/// Call it attached to the host. CPython keeps its interpreters in one list; two of its
/// own walks over that list end the process when the list holds guests of ours:
/// - in a forked child (gh-101437, gh-139759: 3.13, 3.14 and 3.15), where the threads
///   and locks of the guests are gone. A fork handler empties the list in the child.
/// - in Py_FinalizeEx, for a guest whose code cannot be stopped (gh-126016, gh-137295).
///   end_all() takes such a guest off the list.
/// The list's place is read from the debug offsets that CPython publishes at the start of
/// its runtime for debuggers, and compared with what the public functions say.
bool guard_process();

/// How many forks lie between this process and the one that loaded the library.
unsigned fork_generation() noexcept;

/// Before the process forks: keep all guests out of C code that must not be cut in two, see
/// ForkHold. Those that do not give up their GIL are not awaited for long. Call it
/// detached.
void hold_guests();
void release_guests();

/// Keep track of a guest until it is closed, so that fork and exit find it. Waits while the
/// process forks. Throws StartError after end_all().
void enlist(const std::shared_ptr<Guest> &guest);

/// For the end of the process: interrupt and close all guests at the same time, give what
/// will not stop a place where it cannot do harm, and return how many that were.
/// Call it detached.
std::size_t end_all(std::chrono::steady_clock::duration timeout);

} // namespace subinterp
