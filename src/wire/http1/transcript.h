#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "wire/http1/parser.h"

namespace bowline::wire {

/// What a parser says about a text that comes in pieces of `piece` octets, one line for each event; the parts
/// of a body are joined. An error ends it: `error 400: why`.
inline std::string http1_transcript(Http1Parser& parser, std::string_view text, std::size_t piece) {
  std::string said, body;
  const auto flush = [&] {
    if (!body.empty()) said += "body " + body + "\n";
    body.clear();
  };
  const auto fail = [&](const Error& error) {
    flush();
    return said + "error " + std::to_string(error.code()) + ": " + error.message() + "\n";
  };
  const auto describe = [](const HttpFields& fields) {
    std::string lines;
    for (const HttpField field : fields)
      lines += " " + std::string(field.name) + "=" + std::string(field.value);
    return lines;
  };
  for (std::size_t at = 0; at <= text.size(); at += std::max<std::size_t>(piece, 1)) {
    std::span<const std::byte> rest = as_bytes(text.substr(at, piece));
    for (;;) {
      const auto step = parser.parse(rest);
      if (!step.has_value()) return fail(step.error());
      rest = rest.subspan(step->consumed);
      if (step->event == Http1Parser::Event::body) body += as_text(step->body);
      if (step->event == Http1Parser::Event::head) {
        flush();
        const RequestHead& request = parser.request();
        const ResponseHead& response = parser.response();
        said += parser.role() == Http1Parser::Role::requests
                    ? request.method + " " + request.authority + " " + request.path +
                          describe(request.fields) + "\n"
                    : std::to_string(response.status) + " " + response.reason +
                          describe(response.fields) + "\n";
      }
      if (step->event == Http1Parser::Event::end) {
        flush();
        said += "end" + describe(parser.trailers()) + "\n";
      }
      if (step->event == Http1Parser::Event::more) {
        if (parser.is_tunnel()) {
          flush();
          return said + "tunnel " + std::string(as_text(rest)) + "\n";
        }
        break;
      }
    }
  }
  flush();
  return said;
}

}  // namespace bowline::wire
