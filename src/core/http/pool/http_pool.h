#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <bowline/result.h>
#include <bowline/time.h>

#include "base/fifo.h"
#include "core/http/connection.h"
#include "core/http/pool/pool_key.h"

namespace bowline::core {

/// Why a request got a new connection, or had to wait.
enum class PoolMiss : std::uint8_t {
  none,            ///< it did not: it shares one that was there
  first,           ///< there was no connection for its key
  all_in_use,      ///< those that were there had no room
  fresh_wanted,    ///< the request asked for one that nobody has used
  last_not_reused  ///< the one before is gone; its reason says why
};

/// Gives connections to requests.
///
/// A wish is a request that waits for a connection; a link is a connection, from the moment that it is to
/// be opened.
/// The driver numbers wishes, the pool numbers links.
///
///   want --> Open ... handle_ready --> Give --> (the request is sent) --> handle_state --> Give ...
///                 ... handle_failed --> Refuse, for one wish
///
/// thread    none; the driver drains poll() after each command and input
class HttpPool {
 public:
  using WishId = std::uint64_t;
  using LinkId = std::uint64_t;

  struct Options {
    std::size_t per_key_max = 6;  ///< links of one key that take one request at a time
    std::size_t links_max = 256;  ///< of all keys; an idle one makes room
    std::size_t wishes_max = 10000;
    Duration idle_timeout = std::chrono::seconds(60);
  };
  struct Wish {
    PoolKey key;
    bool is_fresh = false;       ///< only a link that nobody has used
    bool may_multiplex = false;  ///< its connection may turn out to take several requests at once
    unsigned urgency = 3;        ///< 0 first; equal ones in order
  };

  explicit HttpPool(Options options) : options_(options) {}

  // Commands.
  /// errors    limit_exceeded: too many wait already
  Result<void> want(WishId id, Wish wish, Instant now);
  /// It is not wanted any more; nothing happens if it has been given a link or refused.
  void withdraw(WishId id, Instant now);
  /// From now on nothing that is idle is kept.
  void drain(Instant now);

  // Inputs.
  /// The link is there; `multiplexes`: it takes several requests at once.
  void handle_ready(LinkId id, bool multiplexes, Instant now);
  /// It could not be opened. One wish of its key is refused with the error, the others try again.
  void handle_failed(LinkId id, const Error& error, Instant now);
  /// What the link says of itself: why it takes no request now, nothing if it takes one; and how many it
  /// has.
  /// Called after each Give, and whenever either changes.
  void handle_state(LinkId id, std::optional<NotReused> why_not, std::size_t stream_count,
                    Instant now);
  /// It is gone.
  void handle_closed(LinkId id, Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  // Outputs.
  struct Open {
    LinkId link;
    PoolKey key;
  };
  struct Give {
    WishId wish;
    LinkId link;
    PoolMiss miss = PoolMiss::none;
    std::optional<NotReused> lost;  ///< for last_not_reused
  };
  struct Refuse {
    WishId wish;
    Error error;
  };
  /// It is idle and not needed any more, or was never used.
  struct Close {
    LinkId link;
  };
  using Output = std::variant<Open, Give, Refuse, Close>;
  [[nodiscard]] std::optional<Output> poll(Instant now);

  [[nodiscard]] std::size_t link_count() const { return links_.size(); }
  [[nodiscard]] std::size_t wish_count() const { return wishes_.size(); }
  [[nodiscard]] std::size_t idle_count() const;

 private:
  enum class Phase : std::uint8_t { opening, ready, ending };
  struct Link {
    PoolKey key;
    Phase phase = Phase::opening;
    bool multiplexes = false;
    bool is_used = false;
    bool is_busy = false;  // takes no request now
    std::size_t stream_count = 0;
    Instant idle_since{};

    [[nodiscard]] bool is_idle() const {
      return phase == Phase::ready && !is_busy && stream_count == 0;
    }
  };
  struct Waiting {
    Wish wish;
    std::uint64_t order;
    PoolMiss miss = PoolMiss::none;
  };
  struct Group {
    std::vector<WishId> wishes;  // by urgency, then order
    std::size_t links = 0;
    bool known_to_multiplex = false;
    std::optional<NotReused> lost;  // why the last link took no more requests
  };

  void look_at(const PoolKey& key);
  bool serve(const PoolKey& key, Instant now);
  [[nodiscard]] std::optional<LinkId> link_for(const Wish& wish, Instant now);
  bool open_for(const PoolKey& key, Group& group);
  [[nodiscard]] PoolMiss miss_of(const Wish& wish, const Group& group) const;
  bool make_room();
  void take_out(WishId id);
  void end(LinkId id, Link& link);
  void forget(LinkId id);
  void drop_if_empty(const PoolKey& key);

  Options options_;
  std::map<LinkId, Link> links_;
  std::map<WishId, Waiting> wishes_;
  std::map<PoolKey, Group> groups_;
  std::vector<PoolKey> to_look_at_;
  Fifo<Output> outputs_;
  LinkId last_link_ = 0;
  std::uint64_t last_order_ = 0;
  bool is_draining_ = false;
};

}  // namespace bowline::core
