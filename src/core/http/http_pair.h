#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "core/http/connection.h"

namespace bowline::core {

/// One end of a connection under test: it keeps what the machine says as lines, and the octets for the other
/// end.
class HttpEnd {
 public:
  explicit HttpEnd(std::unique_ptr<HttpConnection> machine) : machine_(std::move(machine)) {}

  [[nodiscard]] HttpConnection& operator*() { return *machine_; }
  [[nodiscard]] HttpConnection* operator->() { return machine_.get(); }

  /// `request 1 GET a /`, `response 1 200`, `body 1 abc`, `end 1`, `done 1` ..., what was said since the last
  /// call. Streams are numbered as they are first seen, whatever the version calls them.
  std::string said() { return std::exchange(said_, {}); }
  [[nodiscard]] HttpConnection::StreamId stream(std::size_t number) const {
    return streams_.at(number - 1);
  }
  std::size_t number_of(HttpConnection::StreamId stream) {
    const auto found = std::ranges::find(streams_, stream);
    if (found != streams_.end()) return static_cast<std::size_t>(found - streams_.begin()) + 1;
    streams_.push_back(stream);
    return streams_.size();
  }

  void drain(Instant now) {
    while (auto output = machine_->poll()) {
      std::visit([this](auto& item) { take(item); }, *output);
    }
    if (!consumes_) return;
    for (const auto& [stream, count] : std::exchange(consuming_, {})) {
      machine_->mark_consumed(stream, count, now);
      drain(now);
    }
  }
  void set_consumes(bool consumes) { consumes_ = consumes; }

  std::string inbox;            ///< octets that have not been taken yet
  bool is_input_ended = false;  ///< nothing comes behind the inbox
  bool has_told_end = false;
  bool has_output_ended = false;  ///< nothing goes behind what is unwritten
  std::vector<wire::RequestHead> requests;
  std::vector<wire::ResponseHead> responses;

 private:
  void line(std::string_view text) { (said_ += text) += '\n'; }
  std::string with_number(const char* what, HttpConnection::StreamId stream) {
    return what + std::to_string(number_of(stream));
  }
  void take(HttpConnection::RequestReceived& item) {
    line(with_number("request ", item.stream) + " " + item.head.method + " " + item.head.authority +
         " " + item.head.path + (item.has_body ? " body" : ""));
    requests.push_back(std::move(item.head));
  }
  void take(HttpConnection::ResponseReceived& item) {
    line(with_number("response ", item.stream) + " " + std::to_string(item.head.status));
    responses.push_back(std::move(item.head));
  }
  void take(HttpConnection::BodyReceived& item) {
    const std::string start = with_number("body ", item.stream) + " ";
    const std::size_t last =
        said_.size() < 2 ? std::string::npos : said_.rfind('\n', said_.size() - 2);
    const std::size_t begin = last == std::string::npos ? 0 : last + 1;
    if (std::string_view(said_).substr(begin).starts_with(start)) {
      said_.insert(said_.size() - 1, as_text(item.bytes));
    } else {
      line(start + std::string(as_text(item.bytes)));
    }
    consuming_.emplace_back(item.stream, item.bytes.size());
  }
  void take(HttpConnection::MessageEnded& item) {
    std::string text = with_number("end ", item.stream);
    for (const HttpField field : item.trailers)
      text += " " + std::string(field.name) + "=" + std::string(field.value);
    line(text);
  }
  void take(HttpConnection::TunnelOpened& item) { line(with_number("tunnel ", item.stream)); }
  void take(HttpConnection::RoomMade& item) { line(with_number("room ", item.stream)); }
  void take(HttpConnection::BodyUnwanted& item) { line(with_number("unwanted ", item.stream)); }
  void take(HttpConnection::StreamDone& item) { line(with_number("done ", item.stream)); }
  void take(HttpConnection::StreamFailed& item) {
    constexpr std::string_view retries[] = {"never", "if idempotent", "always"};
    line(with_number("failed ", item.stream) + " " + to_string(item.error.kind()) + ", retry " +
         std::string(retries[static_cast<std::size_t>(item.retry)]));
  }
  void take(HttpConnection::Closing& item) {
    line("closing: " + std::string(to_string(item.reason)));
  }
  void take(HttpConnection::OutputEnded&) { has_output_ended = true; }
  void take(HttpConnection::Closed& item) {
    line(item.error ? "closed: " + to_string(item.error->kind()) : "closed");
    has_output_ended = true;
  }

  std::unique_ptr<HttpConnection> machine_;
  std::string said_;
  std::vector<HttpConnection::StreamId> streams_;
  bool consumes_ = true;
  std::vector<std::pair<HttpConnection::StreamId, std::size_t>> consuming_;
};

/// A client and a server of one version, wired to each other.
class HttpPair {
 public:
  explicit HttpPair(wire::HttpVersion version, HttpConnection::Options client_options = {},
                    HttpConnection::Options server_options = {})
      : client(version == wire::HttpVersion::http2 ? make_http2_client(client_options)
                                                   : make_http1_client(client_options)),
        server(version == wire::HttpVersion::http2 ? make_http2_server(server_options)
                                                   : make_http1_server(server_options)) {
    client->start(now);
    server->start(now);
    run();
  }

  /// Passes octets on, in pieces of `piece_max`, until nobody has anything to say.
  void run() {
    for (bool moves = true; moves;) {
      client.drain(now);
      server.drain(now);
      moves = pass(client, server) | pass(server, client);
    }
  }
  /// Lets time pass, with a look at the deadlines at its end.
  void wait(Duration duration) {
    now += duration;
    for (HttpEnd* end : {&client, &server}) {
      end->drain(now);
      (*end)->handle_timeout(now);
      end->drain(now);
    }
    run();
  }

  Instant now{std::chrono::seconds(1)};
  std::size_t piece_max = 1 << 20;
  HttpEnd client;
  HttpEnd server;

 private:
  static constexpr std::size_t wire_max = 128 * 1024;

  bool pass(HttpEnd& from, HttpEnd& to) {
    bool moves = false;
    // As much as a socket would hold.
    const auto unwritten = from->unwritten();
    if (!unwritten.empty() && to.inbox.size() < wire_max) {
      to.inbox += as_text(unwritten);
      from->mark_written(unwritten.size(), now);
      from.drain(now);
      moves = true;
    }
    if (from.has_output_ended && from->unwritten().empty()) to.is_input_ended = true;
    while (!to.inbox.empty() && to->wants_input()) {
      const std::string piece = to.inbox.substr(0, piece_max);
      const std::size_t taken = to->handle_input(as_bytes(piece), now);
      to.drain(now);
      to.inbox.erase(0, taken);
      moves = moves || taken > 0;
      if (taken == 0) break;
    }
    if (to.inbox.empty() && to.is_input_ended && !std::exchange(to.has_told_end, true)) {
      to->handle_end(std::nullopt, now);
      to.drain(now);
      moves = true;
    }
    return moves;
  }
};

inline wire::RequestHead request_to(std::string path, std::string method = "GET") {
  wire::RequestHead head;
  head.method = std::move(method);
  head.scheme = "https";
  head.authority = "a.example";
  head.path = std::move(path);
  return head;
}
inline wire::ResponseHead response_of(int status, HttpFields fields = {}) {
  wire::ResponseHead head;
  head.status = status;
  head.fields = std::move(fields);
  return head;
}

}  // namespace bowline::core
