// HTTP/1, both roles: whatever comes, in whatever pieces, is read as the same messages; bodies are parts of
// the
// input; and what was read as a head can be written, and is read again as itself.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "input.h"
#include "require.h"
#include "wire/http1/parser.h"
#include "wire/http1/writer.h"

namespace {

using namespace bowline;
using namespace bowline::wire;
using Event = Http1Parser::Event;

RequestHead without_hop_fields(RequestHead head) {
  HttpFields kept;
  for (const HttpField field : head.fields)
    if (!is_hop_field(field.name) && !(field.name.size() == 2 && (field.name[0] | 0x20) == 't'))
      require(kept.add(field.name, field.value).has_value());
  head.fields = kept;
  return head;
}

class Http1Reading {
 public:
  explicit Http1Reading(std::size_t manner)
      : parser_(manner % 2 == 0 ? Http1Parser::Role::requests : Http1Parser::Role::responses,
                limits()) {
    static constexpr std::string_view methods[] = {"GET", "HEAD", "CONNECT"};
    method_ = methods[manner / 2 % 3];
    if (manner % 2 != 0) parser_.expect_response_to(method_);
  }

  /// False once there is nothing more to read.
  bool read(std::span<const std::byte> bytes) {
    for (;;) {
      const auto step = parser_.parse(bytes);
      if (!step.has_value()) {
        said_ += "error " + step.error().message();
        return false;
      }
      require(step->consumed <= bytes.size() && step->body.size() <= step->consumed);
      bytes = bytes.subspan(step->consumed);
      note(step->event, step->body);
      if (parser_.is_tunnel() && step->event == Event::more) return false;
      if (step->event == Event::end && parser_.role() == Http1Parser::Role::responses)
        parser_.expect_response_to(method_);
      if (step->event == Event::more) {
        require(bytes.empty());
        return true;
      }
    }
  }
  void end() {
    const auto event = parser_.handle_end();
    said_ += event.has_value() ? "over " + std::to_string(int(*event)) : event.error().message();
  }
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  static Http1Parser::Limits limits() {
    return {.start_line_bytes_max = 256,
            .head_bytes_max = 512,
            .fields_max = 8,
            .trailer_bytes_max = 128,
            .chunk_extension_bytes_max = 32};
  }
  void note(Event event, std::span<const std::byte> body) {
    if (event == Event::body) said_ += as_text(body);
    if (event == Event::end) said_ += "\nend " + parser_.trailers().lines();
    if (event != Event::head) return;
    if (parser_.role() == Http1Parser::Role::requests) {
      said_ += "\nhead " + parser_.request().method + parser_.request().path +
               parser_.request().fields.lines();
      check_written(parser_.request());
    } else {
      said_ +=
          "\nhead " + std::to_string(parser_.response().status) + parser_.response().fields.lines();
    }
  }
  static void check_written(const RequestHead& read) {
    RequestHead head = without_hop_fields(read);
    head.protocol.clear();
    if (head.authority.empty()) head.authority = "h";
    std::string text;
    require(write_request_head(text, head, {.framing = {}, .is_absolute = !head.scheme.empty()})
                .has_value());
    Http1Parser again(Http1Parser::Role::requests, {});
    const auto step = again.parse(as_bytes(text));
    require(step.has_value() && step->event == Event::head && step->consumed == text.size());
    require(again.request().method == head.method && again.request().path == head.path);
    require(again.request().authority == head.authority);
  }

  Http1Parser parser_;
  std::string_view method_;
  std::string said_;
};

}  // namespace

int fuzz_http1(std::span<const std::byte> input) {
  fuzz::Input decisions(input);
  const std::size_t manner = decisions.below(6);
  const std::size_t piece = 1 + decisions.below(16);
  const auto bytes = decisions.take(input.size());
  Http1Reading at_once(manner), in_pieces(manner);
  if (at_once.read(bytes)) at_once.end();
  bool goes_on = true;
  for (std::size_t at = 0; at < bytes.size() && goes_on; at += piece)
    goes_on = in_pieces.read(bytes.subspan(at, std::min(piece, bytes.size() - at)));
  if (goes_on) in_pieces.end();
  require(at_once.said() == in_pieces.said());
  return 0;
}
