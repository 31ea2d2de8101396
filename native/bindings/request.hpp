#pragma once

#include "core/buffer.hpp"

#include <nanobind/nanobind.h>
#include <string>
#include <utility>

/// What a job is asked, with memory of these objects lent to it.
inline subinterp::Parcel lend_request(nanobind::bytes data, nanobind::sequence buffers) {
    subinterp::release_returned_buffers(); // not only when the pump comes to it
    subinterp::Parcel parcel{std::string(data.c_str(), data.size()), {}};
    for (nanobind::handle exporter : buffers) {
        auto buffer = subinterp::Buffer::lend(exporter.ptr());
        if (buffer == nullptr) {
            throw nanobind::python_error();
        }
        parcel.buffers.push_back(std::move(buffer));
    }
    return parcel;
}
