#pragma once

#include <nanobind/nanobind.h>

void register_guest(nanobind::module_ &module);
void register_answer(nanobind::module_ &module);
void register_events(nanobind::module_ &module);
void register_process(nanobind::module_ &module);
void register_queue(nanobind::module_ &module);
void register_work_queue(nanobind::module_ &module);
