#pragma once

#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/operation.h>
#include <bowline/report.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::drive {
class Loop;
class LookupCore;
}  // namespace bowline::drive

namespace BOWLINE_API bowline {

namespace detail {
class LoopGround;
}

// clang-format off: a setter is one line
/// How to look a name up. A value; setters chain.
class LookupOptions {
 public:
  /// Ask this server and no other, and neither the cache nor the hosts file.
  LookupOptions& server(SocketAddress value) { server_ = value; return *this; }
  /// Answers from the cache and the hosts file too (true, the default).
  LookupOptions& use_cache(bool value) { use_cache_ = value; return *this; }
  /// Try the search list of resolv.conf (true, the default).
  LookupOptions& use_search(bool value) { use_search_ = value; return *this; }
  /// Ask servers to find the answer (true, the default), or for what they know themselves.
  LookupOptions& recursion(bool value) { recursion_ = value; return *this; }
  /// Resolutions have the authority and additional sections too (false, the default); neither cache nor
  /// hosts then.
  LookupOptions& whole_reply(bool value) { whole_reply_ = value; return *this; }
  [[nodiscard]] const std::optional<SocketAddress>& server() const { return server_; }
  [[nodiscard]] bool use_cache() const { return use_cache_; }
  [[nodiscard]] bool use_search() const { return use_search_; }
  [[nodiscard]] bool recursion() const { return recursion_; }
  [[nodiscard]] bool whole_reply() const { return whole_reply_; }

 private:
  std::optional<SocketAddress> server_;
  bool use_cache_ = true;
  bool use_search_ = true;
  bool recursion_ = true;
  bool whole_reply_ = false;
};
// clang-format on

/// A running lookup of one name: answers come one by one, per record type, as they arrive.
///
/// thread    its loop's. Dropping it cancels what is still asked.
class Lookup {
 public:
  Lookup(Lookup&& other) noexcept;
  Lookup& operator=(Lookup&& other) noexcept;
  ~Lookup();

  /// The next answer; nothing once every type has been answered. One at a time.
  [[nodiscard]] Operation<std::optional<Resolution>> next();

 private:
  friend Result<Lookup> resolve(Loop&, std::string_view, const std::vector<std::string>&,
                                LookupOptions);
  friend class detail::LoopGround;
  explicit Lookup(drive::LookupCore& core);
  [[nodiscard]] static Result<Lookup> start(drive::Loop& loop, std::string_view name,
                                            const std::vector<std::string>& types,
                                            const LookupOptions& options);
  drive::LookupCore* core_ = nullptr;
};

/// Starts to look `name` up: all types asked together, each answered by itself.
///
/// name      as in zone files: `\.` and `\032` stand for a dot and a space within a label. DNS allows any
///           octet, so that a space and raw UTF-8 are asked for as they are, and mostly do not exist: write
///           internationalized names as A-labels (xn--...). An address is answered without asking; for PTR it
///           is turned round: 192.0.2.1 asks for 1.2.0.192.in-addr.arpa.
/// types     "A", "AAAA", "HTTPS", "MX" ..., "TYPE1234" or "1234"; 1 to 16
/// errors    invalid_argument for a type that is none or cannot be looked up (AXFR, OPT ...), and for a name
///           with an empty label (`a..b`), a label over 63 or in all over 255 octets, a control character or
///           a broken escape; limit_exceeded for more than 4,096 lookups at once on one loop;
///           resources_exhausted if the host's configuration cannot be read for now
[[nodiscard]] Result<Lookup> resolve(Loop& loop, std::string_view name,
                                     const std::vector<std::string>& types = {"AAAA", "A"},
                                     LookupOptions options = {});

}  // namespace BOWLINE_API bowline
