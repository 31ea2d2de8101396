#include "core/python.hpp"

#include "core/memory.hpp"

#include <array>
#include <atomic>
#include <cstddef>

namespace subinterp {

namespace {

// Interpreter ids only grow; one beyond the table is not counted.
constexpr std::int64_t table_size = 1 << 16;
std::array<std::atomic<std::int64_t>, table_size> held;
PyObjectArenaAllocator original;

void add(std::int64_t bytes) {
    // A thread frees its stack of frames, an interpreter its last arenas, after the thread
    // state: then the last one that this OS thread had is meant.
    thread_local std::int64_t id = -1;
    if (PyThreadState *state = PyThreadState_GetUnchecked()) {
        id = PyInterpreterState_GetID(PyThreadState_GetInterpreter(state));
    }
    if (id >= 0 && id < table_size) {
        held[static_cast<std::size_t>(id)].fetch_add(bytes, std::memory_order_relaxed);
    }
}

void *counted_alloc(void *, std::size_t size) {
    void *arena = original.alloc(original.ctx, size);
    if (arena != nullptr) {
        add(static_cast<std::int64_t>(size));
    }
    return arena;
}

void counted_free(void *, void *arena, std::size_t size) {
    add(-static_cast<std::int64_t>(size));
    original.free(original.ctx, arena, size);
}

} // namespace

void count_memory() {
    PyObject_GetArenaAllocator(&original);
    PyObjectArenaAllocator counted{nullptr, counted_alloc, counted_free};
    PyObject_SetArenaAllocator(&counted);
}

std::int64_t counted_memory(std::int64_t interpreter_id) {
    if (interpreter_id < 0 || interpreter_id >= table_size) {
        return 0;
    }
    return held[static_cast<std::size_t>(interpreter_id)].load(std::memory_order_relaxed);
}

} // namespace subinterp
