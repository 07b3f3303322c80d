#pragma once

#include <bowline/detail/loop_ground.h>
#include <bowline/resolver.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace bowline::session {

/// Finds out whether a host's name leads to an address, and calls `(owner.*done)(agreed)` once; never inside
/// of begin().
///
/// source    RFC 9113 9.1.1: a connection may be used for another host only if it has that address
template <class Owner, void (Owner::*done)(bool)>
class SharedWay {
 public:
  explicit SharedWay(Owner& owner) : owner_(owner) {}

  /// False if it cannot even be asked.
  [[nodiscard]] bool begin(const detail::LoopGround& ground, const std::string& host,
                           const IpAddress& address) {
    stop();
    auto started = ground.resolve(host + ".", {address.is_v4() ? "A" : "AAAA"});
    if (!started.has_value()) return false;
    address_ = address.with_scope(0);
    lookup_.emplace(*std::move(started));
    ask();
    return true;
  }
  void stop() {
    next_ = {};
    lookup_.reset();
  }

 private:
  struct Answered {
    SharedWay* way;
    void operator()(Result<std::optional<Resolution>>&& answer) const {
      way->handle_answer(std::move(answer));
    }
    void dropped() const noexcept {}
  };

  void ask() {
    next_ = lookup_->next();
    next_.start(Answered{this});
  }
  void handle_answer(Result<std::optional<Resolution>>&& answer) {
    if (answer.has_value() && *answer) {
      const auto& found = (*answer)->addresses();
      if (std::ranges::find(found, address_) == found.end()) return ask();
      return tell(true);
    }
    tell(false);
  }
  void tell(bool is_agreed) {
    // The owner may stop or begin again.
    lookup_.reset();
    (owner_.*done)(is_agreed);
  }

  Owner& owner_;
  IpAddress address_;
  std::optional<Lookup> lookup_;
  Operation<std::optional<Resolution>> next_;
};

}  // namespace bowline::session
