#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <bowline/http_fields.h>
#include <bowline/result.h>

namespace bowline::wire {

enum class HttpVersion : std::uint8_t { http1_0, http1_1, http2, http3 };
[[nodiscard]] std::string_view to_string(HttpVersion version);  // "HTTP/1.1", "HTTP/2"

/// What a request says before its body, for all versions.
struct RequestHead {
  std::string method = "GET";
  std::string scheme = {};  ///< "https"; empty where the peer did not say
  std::string authority =
      {};                  ///< "example.com:8080", as in Host; for CONNECT, where the tunnel leads
  std::string path = "/";  ///< with the query; "*" for OPTIONS of a whole server; empty for CONNECT
  /// Another protocol to speak instead: Upgrade in HTTP/1, extended CONNECT in HTTP/2 (RFC 8441). Empty =
  /// none.
  std::string protocol = {};
  HttpFields fields = {};
  HttpVersion version = HttpVersion::http1_1;  ///< as received; does not matter for what is sent

  [[nodiscard]] bool is_connect() const { return method == "CONNECT"; }
  friend bool operator==(const RequestHead&, const RequestHead&) = default;
};

/// What a response says before its body, for all versions.
struct ResponseHead {
  int status = 200;
  std::string reason = {};  ///< HTTP/1 only, and nothing may depend on it
  HttpFields fields = {};
  HttpVersion version = HttpVersion::http1_1;

  /// 1xx but for 101: another response follows.
  [[nodiscard]] bool is_interim() const { return status >= 100 && status < 200 && status != 101; }
  friend bool operator==(const ResponseHead&, const ResponseHead&) = default;
};

/// True for fields that belong to one hop or to the framing; the machines write them, nobody else may.
/// RFC 9110 7.6.1, RFC 9113 8.2.2.
[[nodiscard]] bool is_hop_field(std::string_view name);

/// Nothing of a request or response that could not be written, or would be read as something else.
///
/// errors    invalid_argument, about the part: a method that is no token, a target with a space, a hop field
[[nodiscard]] Result<void> check_request(const RequestHead& head);
[[nodiscard]] Result<void> check_response(const ResponseHead& head);
/// Trailers: neither hop fields nor what has to be known before the body. RFC 9110 6.5.1.
[[nodiscard]] Result<void> check_trailers(const HttpFields& trailers);

/// A host with an optional port, as in Host and `:authority`: no user, no path, no blanks.
[[nodiscard]] bool is_authority(std::string_view text);

}  // namespace bowline::wire
