#pragma once

#include <cstdint>

namespace subinterp {

/// Count, from now on, what CPython's object allocator takes from the system for each
/// interpreter. Once, attached to the host, before the first guest.
void count_memory();

/// Bytes that the object allocator holds for an interpreter. Blocks above 512 bytes come
/// from malloc, which does not know interpreters, and are not in this figure.
std::int64_t counted_memory(std::int64_t interpreter_id);

} // namespace subinterp
