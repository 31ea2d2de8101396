/// The part of Guest that concerns questions: what its code asks and the host answers.

#include "core/guest.hpp"

#include <algorithm>
#include <utility>

namespace subinterp {

std::optional<std::string> Guest::ask(Event event, std::uint64_t question) {
    constexpr auto for_ever = std::chrono::hours(24 * 365 * 100); // this still fits the clock
    {
        // Before the question is sent: the answer may come at once.
        std::lock_guard lock(mutex_);
        const auto executes = [&](const auto &worker) { return worker->run == event.run; };
        if (!std::ranges::any_of(workers_, executes)) {
            return std::string();
        }
        questions_[question] = {event.run, std::nullopt};
    }
    emit(std::move(event));
    sleep_unless(Clock::now() + for_ever, [&] { return questions_[question].answer.has_value(); });
    std::lock_guard lock(mutex_);
    return std::move(questions_.extract(question).mapped().answer);
}

bool Guest::answer(std::uint64_t question, std::string answer) {
    if (gone()) {
        return false;
    }
    std::lock_guard lock(mutex_);
    const auto asked = questions_.find(question);
    if (asked == questions_.end() || asked->second.answer.has_value()) {
        return false;
    }
    asked->second.answer = std::move(answer);
    woken_.notify_all();
    return true;
}

bool Guest::awaits(std::uint64_t question) const {
    if (gone()) {
        return false;
    }
    std::lock_guard lock(mutex_);
    const auto asked = questions_.find(question);
    return asked != questions_.end() && !asked->second.answer.has_value();
}

void Guest::take_back_questions(std::uint64_t run) {
    for (auto &[id, question] : questions_) {
        if (question.run == run && !question.answer.has_value()) {
            question.answer.emplace();
            woken_.notify_all();
        }
    }
}

} // namespace subinterp
