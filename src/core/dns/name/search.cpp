#include "core/dns/name/search.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

namespace {

/// How much a failure tells: that the name exists, that it may, that it does not; nothing, for silence.
int rank_of(AnswerStatus status) {
  switch (status) {
    case AnswerStatus::ok:
    case AnswerStatus::nodata: return 3;
    case AnswerStatus::servfail:
    case AnswerStatus::refused: return 2;
    case AnswerStatus::nxdomain: return 1;
    case AnswerStatus::timeout:
    case AnswerStatus::malformed: return 0;
  }
  std::unreachable();
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
                                             SearchRules rules, const SpecialNames& special) {
  std::vector<wire::DnsName> candidates;
  bool has_bare = false;
  const auto add_bare = [&] {
    if (!std::exchange(has_bare, true)) candidates.push_back(name);
  };
  if (dots(name) >= rules.ndots) add_bare();
  for (const std::string& suffix : suffixes) {
    const auto parsed = wire::DnsName::parse(suffix);
    if (!parsed.has_value()) continue;
    if (parsed->is_root()) {
      add_bare();
      continue;
    }
    auto full = name.with_suffix(*parsed);
    if (full.has_value() && special.kind_of(*full) == SpecialName::none)
      candidates.push_back(*std::move(full));
  }
  if (dots(name) > 0 || candidates.empty() || rules.bare_labels) add_bare();
  return candidates;
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
  if (answer.status == AnswerStatus::ok) {
    settled_ = true;
    Step step{take_held(), false};
    step.answers.emplace_back(type, std::move(answer));
    return step;
  }
  held_[type] = std::move(answer);
  const auto held = static_cast<std::size_t>(
      std::ranges::count_if(held_, [](const auto& h) { return h.has_value(); }));
  return held < open_ ? Step{} : decide(true);
}

SearchWalk::Step SearchWalk::conclude() { return decide(false); }

SearchWalk::Step SearchWalk::decide(bool complete) {
  const auto any = [&](auto condition) {
    return std::ranges::any_of(held_, [&](const std::optional<Answer>& answer) {
      return answer.has_value() && condition(rank_of(answer->status));
    });
  };
  const bool exists = any([](int rank) { return rank == 3; });
  const bool is_silent = any([](int rank) { return rank == 0; });
  if (exists && !complete) return {};
  if (!any([](int rank) { return rank > 0; }) || (exists && is_silent)) {
    // Nobody talks to us: the next candidate would only cost the same time again.
    settled_ = true;
    return {take_held(), false};
  }
  for (std::size_t type = 0; type < held_.size(); ++type) {
    auto& earlier = failures_[type];
    if (!held_[type].has_value() || rank_of(held_[type]->status) < 2) continue;
    if (!earlier.has_value() || rank_of(earlier->status) < rank_of(held_[type]->status))
      earlier = std::move(held_[type]);
  }
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
  if (answer.status == AnswerStatus::ok) settled_ = true;
  const auto& earlier = failures_[type];
  if (earlier.has_value() && rank_of(answer.status) > 0 &&
      rank_of(answer.status) < rank_of(earlier->status))
    return *earlier;
  return answer;
}

}  // namespace bowline::core
