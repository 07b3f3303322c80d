#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/time.h>

namespace bowline::sim {

/// The lines of a run. Every line counts for the digest; the first 16 MiB are kept.
class Transcript {
 public:
  static constexpr std::size_t bytes_max = 16 * 1024 * 1024;

  /// `where` does `what`: "12.345 home.eth0 down".
  void add(Instant now, std::string_view where, std::string_view what);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  std::string text_;
  std::uint64_t digest_ = 0xcbf29ce484222325;
  bool full_ = false;
};

/// The packets of a run; the first 16 MiB are kept.
class Capture {
 public:
  static constexpr std::size_t bytes_max = 16 * 1024 * 1024;

  void add(Instant now, std::string_view host, bool sent, std::span<const std::byte> packet);
  /// A pcap file of raw IP packets (link type 101): those sent, or those that one host sent or received.
  [[nodiscard]] std::vector<std::byte> file(std::optional<std::string_view> host) const;

 private:
  struct Packet {
    Instant at;
    std::string host;
    bool sent;
    std::vector<std::byte> bytes;
  };
  std::vector<Packet> packets_;
  std::size_t bytes_ = 0;
  bool full_ = false;
};

/// One IP packet for people: `192.0.2.1:4000 > 192.0.2.2:80 tcp SYN seq=7 win=65535 mss=1460 length=0`.
[[nodiscard]] std::string describe(std::span<const std::byte> packet);

}  // namespace bowline::sim
