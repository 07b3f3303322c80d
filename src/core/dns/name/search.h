#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/dns/name/special_names.h"
#include "core/dns/resolver.h"

namespace bowline::core {

/// True if `text` ends in a dot that is not escaped: nothing is to be appended.
[[nodiscard]] bool is_absolute(std::string_view text);

/// How a relative name is expanded: resolv.conf(5).
struct SearchRules {
  unsigned ndots = 1;
  bool bare_labels = true;  ///< a name without a dot is asked as it is too, if nothing else exists
};

/// The names to ask for a relative name, in order: first as it is if it has at least `ndots` dots,
/// then with each suffix; or the other way round. A suffix that is the root stands for the name as it is.
/// Expansions that are too long, or not asked of servers, are left out.
[[nodiscard]] std::vector<wire::DnsName> search_candidates(const wire::DnsName& name,
                                                           std::span<const std::string> suffixes,
                                                           SearchRules rules,
                                                           const SpecialNames& special);

/// Walks a lookup through its candidate names until one of them exists: decided once for all types.
///
/// Any record settles on the candidate. When all types have failed: NODATA, NXDOMAIN, SERVFAIL and REFUSED go
/// on to the next one, silence ends the walk. Where nothing was found at the end, NODATA on the way is
/// reported, or else a SERVFAIL, rather than NXDOMAIN: that name exists, or may. So does glibc.
class SearchWalk {
 public:
  using Answers =
      std::vector<std::pair<std::size_t, Answer>>;  ///< with the position of its type in the lookup
  struct Step {
    Answers answers;     ///< ready to be handed out
    bool moved = false;  ///< there is a new candidate to ask about
  };

  SearchWalk(std::vector<wire::DnsName> candidates, std::size_t types)
      : candidates_(std::move(candidates)), held_(types), failures_(types), open_(types) {}

  [[nodiscard]] const wire::DnsName& name() const { return candidates_[index_]; }
  [[nodiscard]] std::size_t index() const { return index_; }
  /// Answers are being held back until the others are in.
  [[nodiscard]] bool is_holding() const;

  [[nodiscard]] Step handle(std::size_t type, Answer answer);
  /// The other types have taken too long: decides on what is there. A name that exists is worth the wait:
  /// then nothing is decided.
  [[nodiscard]] Step conclude();
  /// A type is answered otherwise, and no longer waited for.
  void exclude() { --open_; }
  /// What was held back, when the lookup ends before a decision.
  [[nodiscard]] Answers take_held();

 private:
  [[nodiscard]] bool is_last() const { return index_ + 1 == candidates_.size(); }
  [[nodiscard]] Step decide(bool complete);
  [[nodiscard]] Answer or_earlier_failure(std::size_t type, Answer answer);

  std::vector<wire::DnsName> candidates_;
  std::vector<std::optional<Answer>> held_;
  std::vector<std::optional<Answer>> failures_;  // the most telling of earlier candidates
  std::size_t open_;                             // types that take part
  std::size_t index_ = 0;
  bool settled_ = false;
};

}  // namespace bowline::core
