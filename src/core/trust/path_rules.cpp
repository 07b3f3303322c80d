#include "core/trust/path_rules.h"

#include <bowline/detail/trust_facts.h>

#include <string>
#include <utility>

#include "base/escape.h"

namespace bowline::core {

namespace {

/// Looks at one path, certificate by certificate, and collects.
class PathCheck {
 public:
  PathCheck(std::span<const Certificate> path, bool has_root, const PathRules& rules)
      : path_(path), has_root_(has_root), rules_(rules) {}

  std::vector<TrustProblem> run() {
    for (index_ = 0; index_ < path_.size(); ++index_) {
      check_form();
      check_dates();
      check_key();
      check_purposes();
      if (index_ == 0) {
        check_leaf();
      } else {
        check_authority();
      }
    }
    return std::move(problems_);
  }

 private:
  [[nodiscard]] const Certificate::Facts& facts() const { return path_[index_].facts(); }
  [[nodiscard]] bool is_root() const { return has_root_ && index_ + 1 == path_.size(); }

  [[nodiscard]] std::string who() const {
    if (index_ == 0) return "the certificate";
    return (is_root() ? "the root '" : "the authority '") + escape(facts().subject, 128) + "'";
  }
  void add(TrustFault fault, std::string sentence) {
    problems_.push_back({fault, index_, std::move(sentence)});
  }

  void check_form() {
    if (!facts().unknown_critical.empty() && !is_root())
      add(TrustFault::unknown_critical, who() + " has a condition that is not understood here: " +
                                            escape(facts().unknown_critical.front(), 128));
    if (!facts().repeated.empty())
      add(TrustFault::malformed,
          who() + " has the extension " + facts().repeated.front() + " twice");
    if (facts().signature_algorithms_differ)
      add(TrustFault::malformed, who() + " names two algorithms for its one signature");
    if (facts().names_malformed)
      add(TrustFault::malformed_name, who() + " has a list of names that does not parse");
    if (facts().names_dropped > 0 || facts().constraints_dropped > 0)
      add(TrustFault::too_large, who() + " has more names or constraints than are looked at");
    if (facts().weak_signature && !is_root())
      add(TrustFault::weak_signature,
          who() + " is signed by " + facts().signature_algorithm + ", which can be forged");
  }

  void check_dates() {
    if (rules_.now < facts().not_before)
      add(TrustFault::not_yet_valid, who() + " is valid from " + to_text(facts().not_before) +
                                         " on, and now is " + to_text(rules_.now));
    if (rules_.now > facts().not_after)
      add(TrustFault::expired, who() + " expired at " + to_text(facts().not_after) +
                                   ", and now is " + to_text(rules_.now));
  }

  void check_key() {
    const std::size_t bits = facts().key_bits;
    const std::string key = who() + " has a key of " + std::to_string(bits) + " bits (" +
                            escape(facts().key_algorithm, 64) + ")";
    switch (facts().key_kind) {
      case KeyKind::rsa:
        if (bits < rules_.keys.rsa_bits_min)
          add(TrustFault::weak_key,
              key + "; " + std::to_string(rules_.keys.rsa_bits_min) + " are needed");
        if (bits > rules_.rsa_bits_max || facts().exponent_bits > rules_.exponent_bits_max)
          add(TrustFault::oversized_key, key + ", which takes too long to check");
        return;
      case KeyKind::ecdsa:
        if (bits < rules_.keys.curve_bits_min)
          add(TrustFault::weak_key,
              key + "; " + std::to_string(rules_.keys.curve_bits_min) + " are needed");
        return;
      case KeyKind::eddsa: return;
      case KeyKind::other:
        add(TrustFault::unsupported, who() + " has a key of a kind that is not used here");
        return;
    }
  }

  void check_purposes() {
    if (!facts().has_purposes || facts().for_anything) return;
    if (rules_.peer_is_server ? facts().for_servers : facts().for_clients) return;
    const char* const wanted = rules_.peer_is_server ? "servers" : "clients";
    add(TrustFault::wrong_purpose,
        who() + (index_ == 0 ? " is not made for " : " may not vouch for ") + wanted);
  }

  void check_leaf() {
    if (facts().is_authority && !is_root())
      add(TrustFault::authority_as_peer,
          "the peer shows the certificate of an authority, '" + escape(facts().subject, 128) + "'");
    // TLS needs a signature; key encipherment and agreement stand for old suites that many still name.
    if (!facts().is_authority && facts().has_key_usage && !facts().may_sign &&
        !facts().may_encipher_key && !facts().may_agree_key && !is_root())
      add(TrustFault::wrong_purpose, "the key of the certificate is not to be used in handshakes");
  }

  void check_authority() {
    const bool is_old_root = is_root() && facts().version == 1;
    if (!facts().is_authority && !is_old_root)
      add(TrustFault::not_an_authority, who() + " signed a certificate, and is no authority");
    else if (facts().has_key_usage && !facts().may_sign_certificates)
      add(TrustFault::not_an_authority, who() + " has a key that may not sign certificates");
    if (facts().path_length && authorities_below() > *facts().path_length)
      add(TrustFault::path_too_long, who() + " may have " + std::to_string(*facts().path_length) +
                                         " authorities below it, and has " +
                                         std::to_string(authorities_below()));
    if (facts().constraints_malformed)
      add(TrustFault::malformed, who() + " has name constraints that do not parse");
  }

  /// Self-issued ones do not count (RFC 5280 section 6.1.4).
  [[nodiscard]] std::size_t authorities_below() const {
    std::size_t count = 0;
    for (std::size_t i = 1; i < index_; ++i) count += path_[i].is_self_issued() ? 0 : 1;
    return count;
  }

  std::span<const Certificate> path_;
  bool has_root_;
  const PathRules& rules_;
  std::size_t index_ = 0;
  std::vector<TrustProblem> problems_;
};

}  // namespace

std::vector<TrustProblem> check_path(std::span<const Certificate> path, bool has_root,
                                     const PathRules& rules) {
  return PathCheck(path, has_root, rules).run();
}

std::string to_text(std::chrono::sys_seconds time) {
  const auto two_digits = [](auto value) {
    const std::string text = std::to_string(value);
    return text.size() < 2 ? "0" + text : text;
  };
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day())) + " " + two_digits(clock.hours().count()) +
         ":" + two_digits(clock.minutes().count()) + ":" + two_digits(clock.seconds().count()) +
         " UTC";
}

}  // namespace bowline::core
