#pragma once

#include <bowline/detail/loop_ground.h>
#include <bowline/resolver.h>
#include <bowline/several.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace bowline::session {

/// Asks one thing of DNS, and calls `(owner.*done)(is_so)` once; never inside of the call that asks. What is
/// not answered within a third of a second is not so.
template <class Owner, void (Owner::*done)(bool)>
class NameQuestion {
 public:
  explicit NameQuestion(Owner& owner) : owner_(owner) {}

  /// Does the host's name lead to this address? A connection may be used for another host only then (RFC 9113
  /// 9.1.1). False if it cannot even be asked.
  [[nodiscard]] bool ask_for_address(const detail::LoopGround& ground, const std::string& host,
                                     const IpAddress& address) {
    address_ = address.with_scope(0);
    return begin(ground, host, address.is_v4() ? "A" : "AAAA");
  }
  /// Has the host an HTTPS record? Then it is not asked in the clear (RFC 9460 9.5).
  [[nodiscard]] bool ask_for_https(const detail::LoopGround& ground, const std::string& host) {
    address_.reset();
    return begin(ground, host, "HTTPS");
  }
  void stop() {
    next_ = {};
    lookup_.reset();
  }

 private:
  struct Answered {
    NameQuestion* question;
    void operator()(Result<std::optional<Resolution>>&& answer) const {
      question->handle_answer(std::move(answer));
    }
    void dropped() const noexcept {}
  };

  static constexpr Duration patience = std::chrono::milliseconds(333);

  bool begin(const detail::LoopGround& ground, const std::string& host, const char* type) {
    stop();
    auto started = ground.resolve(host + ".", {type});
    if (!started.has_value()) return false;
    lookup_.emplace(*std::move(started));
    next_ = lookup_->next().within(patience);
    next_.start(Answered{this});
    return true;
  }
  void handle_answer(Result<std::optional<Resolution>>&& answer) {
    if (!answer.has_value() || !*answer) return tell(false);
    const Resolution& found = **answer;
    if (!address_) return tell(!found.records().empty());
    tell(std::ranges::find(found.addresses(), *address_) != found.addresses().end());
  }
  void tell(bool is_agreed) {
    // The owner may stop or begin again.
    lookup_.reset();
    (owner_.*done)(is_agreed);
  }

  Owner& owner_;
  std::optional<IpAddress> address_;
  std::optional<Lookup> lookup_;
  Operation<std::optional<Resolution>> next_;
};

}  // namespace bowline::session
