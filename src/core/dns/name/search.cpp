#include "core/dns/name/search.h"

#include <algorithm>

#include "core/dns/name/special_names.h"

namespace bowline::core {

namespace {

bool exists(AnswerStatus status) {
  return status == AnswerStatus::ok || status == AnswerStatus::nodata;
}

bool is_server_failure(AnswerStatus status) {
  return status == AnswerStatus::servfail || status == AnswerStatus::refused;
}

std::size_t dots(const wire::DnsName& name) {
  const std::size_t labels = name.label_count();
  return labels == 0 ? 0 : labels - 1;
}

}  // namespace

bool is_absolute(std::string_view text) {
  if (!text.ends_with('.')) return false;
  text.remove_suffix(1);
  const std::size_t last = text.find_last_not_of('\\');
  const std::size_t backslashes = text.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 0;
}

std::vector<wire::DnsName> search_candidates(const wire::DnsName& name,
                                             std::span<const std::string> suffixes,
                                             unsigned ndots) {
  std::vector<wire::DnsName> expanded;
  for (const std::string& suffix : suffixes) {
    const auto parsed = wire::DnsName::parse(suffix);
    if (!parsed.has_value() || parsed->is_root()) continue;
    auto full = name.with_suffix(*parsed);
    if (full.has_value() && special_name(*full) == SpecialName::none)
      expanded.push_back(*std::move(full));
  }
  const bool first = dots(name) >= ndots;
  const bool bare_allowed = first || dots(name) > 0 || expanded.empty();
  if (bare_allowed) expanded.insert(first ? expanded.begin() : expanded.end(), name);
  return expanded;
}

bool SearchWalk::is_holding() const {
  return std::ranges::any_of(held_, [](const auto& answer) { return answer.has_value(); });
}

SearchWalk::Step SearchWalk::handle(std::size_t type, Answer answer) {
  if (settled_ || is_last()) {
    Step step;
    step.answers.emplace_back(
        type, settled_ ? std::move(answer) : or_earlier_failure(type, std::move(answer)));
    return step;
  }
  if (exists(answer.status)) {
    settled_ = true;
    Step step{take_held(), false};
    step.answers.emplace_back(type, std::move(answer));
    return step;
  }
  held_[type] = std::move(answer);
  const auto held = static_cast<std::size_t>(
      std::ranges::count_if(held_, [](const auto& h) { return h.has_value(); }));
  return held < open_ ? Step{} : conclude();
}

SearchWalk::Step SearchWalk::conclude() {
  const bool answered = std::ranges::any_of(held_, [](const auto& answer) {
    return answer.has_value() &&
           (answer->status == AnswerStatus::nxdomain || is_server_failure(answer->status));
  });
  if (!answered) {
    // Nobody talks to us: the next candidate would only cost the same time again.
    settled_ = true;
    return {take_held(), false};
  }
  for (std::size_t type = 0; type < held_.size(); ++type)
    if (held_[type].has_value() && is_server_failure(held_[type]->status) &&
        !failures_[type].has_value())
      failures_[type] = std::move(held_[type]);
  std::ranges::fill(held_, std::nullopt);
  ++index_;
  return {{}, true};
}

SearchWalk::Answers SearchWalk::take_held() {
  Answers answers;
  for (std::size_t type = 0; type < held_.size(); ++type)
    if (auto& held = held_[type]; held.has_value())
      answers.emplace_back(type, *std::exchange(held, std::nullopt));
  return answers;
}

Answer SearchWalk::or_earlier_failure(std::size_t type, Answer answer) {
  if (exists(answer.status)) settled_ = true;
  if (answer.status == AnswerStatus::nxdomain && failures_[type].has_value())
    return *failures_[type];
  return answer;
}

}  // namespace bowline::core
