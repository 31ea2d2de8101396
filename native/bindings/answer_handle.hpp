#pragma once

#include "core/answer.hpp"

#include <memory>
#include <nanobind/nanobind.h>

/// What Python holds of an answer. In a forked child it is another process's: threads that
/// the fork left behind may wait for it, and to destroy it would be to wait for those.
class AnswerHandle {
public:
    explicit AnswerHandle(std::shared_ptr<subinterp::Answer> answer);
    AnswerHandle(const AnswerHandle &) = delete;
    AnswerHandle &operator=(const AnswerHandle &) = delete;
    ~AnswerHandle();

    bool is_ours() const;
    subinterp::Answer *operator->() const { return answer_->get(); }

private:
    std::unique_ptr<std::shared_ptr<subinterp::Answer>> answer_;
    unsigned generation_;
};

/// An outcome for Python: data, buffers, started, finished, took.
nanobind::tuple outcome_tuple(const subinterp::Outcome &outcome);
