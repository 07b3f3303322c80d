#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/report.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace BOWLINE_API bowline {

/// Where a response came from.
enum class UrlSource : std::uint8_t {
  network,
  cache,        ///< nothing was asked
  revalidated,  ///< the origin said that the stored one is still right
};
[[nodiscard]] std::string to_string(UrlSource source);

/// What one stretch of a transaction's time went to. Together they are all of it.
enum class UrlPhase : std::uint8_t {
  waiting,     ///< for a connection that others use, or for the network
  naming,      ///< resolving the name
  connecting,  ///< the transport's handshake, races included
  securing,    ///< TLS
  sending,     ///< the request, body and all
  thinking,    ///< from its end to the first octet of the response
  receiving,   ///< the response
};
[[nodiscard]] std::string to_string(UrlPhase phase);

/// One request and its response: a task has one for each redirect, each answer to a challenge and each retry.
/// A handle on shared facts.
class UrlTransaction {
 public:
  struct Facts;  ///< the library's own; may grow
  UrlTransaction() = default;
  explicit UrlTransaction(Facts&& facts);

  [[nodiscard]] const std::string& method() const;
  /// Without user, password and fragment.
  [[nodiscard]] const std::string& url() const;
  /// 0 if none came.
  [[nodiscard]] int status() const;
  [[nodiscard]] UrlSource source() const;
  /// As ALPN names it: "h2", "http/1.1"; empty if nothing was sent.
  [[nodiscard]] const std::string& protocol() const;
  /// The connection had been used before.
  [[nodiscard]] bool is_reused() const;
  /// Why it got a connection of its own: "the first", "all are in use", "the last was not kept: the peer
  /// closes". Empty if it was reused.
  [[nodiscard]] const std::string& not_reused_because() const;
  /// "C8"; the same as in logs and reports.
  [[nodiscard]] const std::string& connection() const;
  [[nodiscard]] const std::string& proxy() const;
  [[nodiscard]] const std::optional<SocketAddress>& local() const;
  [[nodiscard]] const std::optional<SocketAddress>& remote() const;
  /// "1.3" and "ECDHE-..."; empty without TLS.
  [[nodiscard]] const std::string& tls_version() const;
  [[nodiscard]] const std::string& tls_cipher() const;

  /// Since the task began.
  [[nodiscard]] Duration started() const;
  [[nodiscard]] Duration duration() const;
  /// In order; those that took no time are left out. Their sum is duration().
  [[nodiscard]] const std::vector<std::pair<UrlPhase, Duration>>& phases() const;
  [[nodiscard]] Duration time_in(UrlPhase phase) const;

  /// Octets of the bodies, as they went over the wire but without framing; and as they came out of their
  /// coding.
  [[nodiscard]] std::uint64_t body_sent() const;
  [[nodiscard]] std::uint64_t body_received() const;
  [[nodiscard]] std::uint64_t body_decoded() const;
  /// Octets of the heads, as HTTP/1 would write them.
  [[nodiscard]] std::uint64_t head_sent() const;
  [[nodiscard]] std::uint64_t head_received() const;
  /// How the connection came to be, if this transaction made it.
  [[nodiscard]] const std::optional<Report>& establishment() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// What a task did, transaction by transaction.
class UrlMetrics {
 public:
  UrlMetrics() = default;
  UrlMetrics(std::vector<UrlTransaction> transactions, Duration total)
      : transactions_(std::move(transactions)), total_(total) {}

  [[nodiscard]] const std::vector<UrlTransaction>& transactions() const { return transactions_; }
  /// From the start of the task to its end; the sum of its transactions' durations.
  [[nodiscard]] Duration total() const { return total_; }
  [[nodiscard]] std::size_t redirects() const;

 private:
  std::vector<UrlTransaction> transactions_;
  Duration total_{};
};

/// `GET https://example.com/: 200 by h2 over C8 (new), 1256 bytes in 45.2 ms`
[[nodiscard]] std::string to_string(const UrlTransaction& transaction);

}  // namespace BOWLINE_API bowline
