#include "wire/http1/writer.h"

#include <algorithm>
#include <array>

#include "wire/http/characters.h"

namespace bowline::wire {

namespace {

bool usually_has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}
bool never_has_body(int status) { return status < 200 || status == 204 || status == 304; }
void write_framing(std::string& into, const BodyFraming& framing, bool says_zero);
void write_connection(std::string& into, std::string_view upgrade, bool closes);
std::string target_of(const RequestHead& head, bool is_absolute);

}  // namespace

Result<void> write_request_head(std::string& into, const RequestHead& head,
                                const Http1RequestForm& form) {
  BOWLINE_TRY_VOID(check_request(head));
  // Extended CONNECT is a GET with Upgrade in HTTP/1 (RFC 8441 section 5).
  const bool upgrades = !head.protocol.empty();
  into += upgrades && head.is_connect() ? "GET" : head.method;
  (into += ' ') += target_of(head, form.is_absolute);
  into += " HTTP/1.1\r\nHost: ";
  (into += head.authority) += "\r\n";
  into += head.fields.lines();
  write_framing(into, form.framing, usually_has_body(head.method));
  write_connection(into, head.protocol, form.closes);
  into += "\r\n";
  return {};
}

Result<void> write_response_head(std::string& into, const ResponseHead& head,
                                 const Http1ResponseForm& form) {
  BOWLINE_TRY_VOID(check_response(head));
  into += "HTTP/1.1 " + std::to_string(head.status) + ' ';
  into += head.reason.empty() ? reason_of(head.status) : std::string_view(head.reason);
  into += "\r\n";
  into += head.fields.lines();
  const bool has_framing =
      !never_has_body(head.status) || (head.status == 304 && form.framing.kind == BodyKind::fixed);
  if (has_framing) write_framing(into, form.framing, !form.is_answer_to_head);
  if (!head.is_interim()) write_connection(into, form.upgrade, form.closes);
  if (!form.closes && form.peer == HttpVersion::http1_0) into += "Connection: keep-alive\r\n";
  into += "\r\n";
  return {};
}

Result<void> write_last_chunk(std::string& into, const HttpFields& trailers) {
  BOWLINE_TRY_VOID(check_trailers(trailers));
  into += "0\r\n";
  into += trailers.lines();
  into += "\r\n";
  return {};
}

std::string_view reason_of(int status) {
  struct Entry {
    int status;
    std::string_view reason;
  };
  static constexpr std::array entries = std::to_array<Entry>({
      {100, "Continue"},
      {101, "Switching Protocols"},
      {103, "Early Hints"},
      {104, "Upload Resumption Supported"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {425, "Too Early"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  });
  const auto* found = std::ranges::find(entries, status, &Entry::status);
  return found == entries.end() ? std::string_view() : found->reason;
}

namespace {

std::string target_of(const RequestHead& head, bool is_absolute) {
  if (head.is_connect() && head.protocol.empty()) return head.authority;
  if (!is_absolute) return head.path;
  const std::string path = head.path == "*" ? "" : head.path;
  return (head.scheme.empty() ? "http" : head.scheme) + "://" + head.authority + path;
}

void write_framing(std::string& into, const BodyFraming& framing, bool says_zero) {
  if (framing.kind == BodyKind::chunked) into += "Transfer-Encoding: chunked\r\n";
  const bool has_length =
      framing.kind == BodyKind::fixed || (framing.kind == BodyKind::none && says_zero);
  if (has_length) into += "Content-Length: " + std::to_string(framing.length) + "\r\n";
}

void write_connection(std::string& into, std::string_view upgrade, bool closes) {
  if (!upgrade.empty()) {
    (into += "Connection: Upgrade\r\nUpgrade: ") += upgrade;
    into += "\r\n";
  } else if (closes) {
    into += "Connection: close\r\n";
  }
}

}  // namespace

}  // namespace bowline::wire
