#pragma once

#include <bowline/url_metrics.h>
#include <bowline/url_response.h>

#include <memory>

namespace bowline {

struct UrlTransaction::Facts {
  std::string method;
  std::string url;
  int status = 0;
  UrlSource source = UrlSource::network;
  std::string protocol;
  bool is_reused = false;
  std::string not_reused_because;
  std::string connection;
  std::string proxy;
  std::optional<SocketAddress> local;
  std::optional<SocketAddress> remote;
  std::string tls_version;
  std::string tls_cipher;
  Duration started{};
  Duration duration{};
  std::vector<std::pair<UrlPhase, Duration>> phases;
  std::uint64_t body_sent = 0;
  std::uint64_t body_received = 0;
  std::uint64_t body_decoded = 0;
  std::uint64_t head_sent = 0;
  std::uint64_t head_received = 0;
  std::optional<Report> establishment;
};

struct UrlResponse::Facts {
  int status = 0;
  std::string reason;
  std::string version;
  Url url;
  HttpFields fields;
  HttpFields trailers;
  Buffer body;
  std::string file;
  std::uint64_t body_octets = 0;
  UrlMetrics metrics;
};

}  // namespace bowline
