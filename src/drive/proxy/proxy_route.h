#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <bowline/endpoint.h>

#include "core/proxy/tunnel.h"
#include "drive/establish/candidates/layer.h"
#include "ports/stream_socket.h"

namespace bowline::drive {

enum class ProxyProtocol : std::uint8_t { http_connect, socks5 };

/// What a proxy asked for, so that the next connection answers before it is asked.
///
/// thread    any: a stack may be used by several loops
class ProxyMemory {
 public:
  struct Known {
    core::Challenge challenge;
    unsigned nonce_count = 0;  ///< this use included
  };
  [[nodiscard]] std::optional<Known> use() {
    const std::lock_guard lock(mutex_);
    if (!challenge_) return std::nullopt;
    return Known{*challenge_, ++nonce_count_};
  }
  /// `uses`: how often its nonce was used by now, if it is a new one.
  void note(const core::Challenge& challenge, unsigned uses) {
    const std::lock_guard lock(mutex_);
    const auto nonce = challenge.find("nonce");
    if (challenge_ && challenge_->scheme == challenge.scheme && challenge_->find("nonce") == nonce)
      return;
    challenge_ = challenge;
    nonce_count_ = uses;
  }
  [[nodiscard]] bool knows_something() const {
    const std::lock_guard lock(mutex_);
    return challenge_.has_value();
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    challenge_.reset();
  }

 private:
  mutable std::mutex mutex_;
  std::optional<core::Challenge> challenge_;
  unsigned nonce_count_ = 0;
};

/// A proxy on the way to a peer. Shared by all connections of a stack.
struct ProxyRoute {
  ProxyProtocol protocol = ProxyProtocol::http_connect;
  Endpoint endpoint;          ///< the proxy's own
  std::string shown;          ///< for reports, without secrets: "http://proxy.example.com:3128"
  std::vector<Layer> layers;  ///< up to the proxy itself, such as TLS
  std::vector<std::string> alpn = {};
  ports::StreamOptions stream = {};
  std::string username = {};  ///< empty: nobody
  std::string password = {};
  core::DigestHash hash = {};
  std::shared_ptr<ProxyMemory> memory = std::make_shared<ProxyMemory>();
};

[[nodiscard]] const char* name_of(ProxyProtocol protocol);  // "connect", "socks5"

}  // namespace bowline::drive
