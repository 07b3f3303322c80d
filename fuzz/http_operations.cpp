// An HTTP connection of either version and role, under octets and operations as the input says. Whatever
// comes,
// nothing is said behind Closed, a stream ends once, a body comes between a head and an end, and what waits
// to be
// written stays bounded.

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "core/http/connection.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;
using namespace std::chrono_literals;
using StreamId = HttpConnection::StreamId;

class HttpOperations {
 public:
  explicit HttpOperations(fuzz::Input input) : input_(input) {
    const std::size_t manner = input_.below(4);
    is_client_ = manner % 2 == 0;
    is_http2_ = manner / 2 == 1;
    HttpConnection::Options options;
    options.limits = {.start_line_bytes_max = 256,
                      .head_bytes_max = 1024,
                      .fields_max = 16,
                      .trailer_bytes_max = 256,
                      .chunk_extension_bytes_max = 64};
    options.unwritten_max = 1024;
    options.unconsumed_max = 1024;
    options.discarded_max = 64;
    if (is_http2_)
      machine_ = is_client_ ? make_http2_client(options) : make_http2_server(options);
    else
      machine_ = is_client_ ? make_http1_client(options) : make_http1_server(options);
  }

  void run() {
    machine_->start(now_);
    drain();
    if (is_client_)
      request();
    else if (is_http2_)
      receive(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    while (!input_.empty()) {
      step();
      drain();
      require(machine_->unwritten().size() < 128 * 1024);
    }
    machine_->handle_end(std::nullopt, now_);
    drain();
    require(!is_closed_ || !machine_->deadline());
  }

 private:
  void step() {
    switch (input_.below(10)) {
      case 0: return request();
      case 1: return respond();
      case 2: return send_body();
      case 3: return end_body();
      case 4: return machine_->mark_written(input_.below(machine_->unwritten().size() + 1), now_);
      case 5: now_ += input_.below(256) * 100ms; return machine_->handle_timeout(now_);
      case 6:
        if (input_.below(8) == 0)
          machine_->shutdown(now_);
        else
          machine_->mark_consumed(last_, 1 + input_.below(255), now_);
        return;
      case 7:
        if (input_.below(8) == 0) cancel();
        return;
      default: return receive(input_.take(1 + input_.below(96)));
    }
  }
  void request() {
    if (!is_client_) return;
    wire::RequestHead head;
    const std::size_t kind = input_.below(6);
    if (kind == 1) head.method = "HEAD";
    if (kind == 2) head.method = "CONNECT";
    if (kind > 2) head.method = "POST";
    head.authority = kind == 2 ? "a:1" : "a";
    head.path = kind == 2 ? "" : "/";
    head.scheme = "https";
    HttpConnection::RequestForm form;
    if (kind > 3) form.body = kind == 4 ? HttpBodySize::unknown() : HttpBodySize::of(40);
    form.expects_continue = input_.below(2) == 1;
    const auto stream = machine_->send_request(head, form, now_);
    if (!stream.has_value()) {
      require(stream.error().kind() != ErrorKind::invalid_argument);
      return;
    }
    last_ = *stream;
    streams_[last_] = State::open;
  }
  void respond() {
    if (is_client_ || !streams_.contains(last_)) return;
    static constexpr int statuses[] = {100, 101, 103, 200, 204, 304, 500};
    wire::ResponseHead head;
    head.status = statuses[input_.below(std::size(statuses))];
    const bool is_unknown = input_.below(2) == 1;
    const auto sent = machine_->send_response(
        last_, head, is_unknown ? HttpBodySize::unknown() : HttpBodySize::of(input_.below(64)),
        now_);
    static_cast<void>(sent);
  }
  void send_body() {
    const std::size_t room = machine_->room(last_);
    const auto sent = machine_->send_body(last_, input_.take(input_.below(64)), now_);
    require(!sent.has_value() || !streams_.contains(last_) ||
            *sent <= std::max<std::size_t>(room, 64));
  }
  void end_body() { static_cast<void>(machine_->end_body(last_, {}, now_)); }
  void cancel() {
    machine_->cancel(last_, now_);
    streams_[last_] = State::over;
  }
  void receive(std::span<const std::byte> bytes) {
    while (!bytes.empty() && machine_->wants_input()) {
      const std::size_t taken = machine_->handle_input(bytes, now_);
      require(taken <= bytes.size());
      require(taken == bytes.size() || !machine_->wants_input());
      drain();
      bytes = bytes.subspan(taken);
    }
  }

  void drain() {
    while (auto output = machine_->poll()) {
      require(!is_closed_);
      std::visit([this](auto& item) { take(item); }, *output);
    }
  }
  void take(HttpConnection::RequestReceived& item) {
    require(!is_client_ && !streams_.contains(item.stream));
    streams_[item.stream] = State::body;
    last_ = item.stream;
  }
  void take(HttpConnection::ResponseReceived& item) {
    State& state = streams_.at(item.stream);
    require(is_client_ && state == State::open);
    if (!item.head.is_interim()) state = State::body;
  }
  void take(HttpConnection::BodyReceived& item) {
    const State state = streams_.at(item.stream);
    require(!item.bytes.empty() && (state == State::body || state == State::ended) &&
            (state == State::body || is_tunnel_));
  }
  void take(HttpConnection::MessageEnded& item) {
    State& state = streams_.at(item.stream);
    require(state == State::body || is_tunnel_);
    state = State::ended;
  }
  void take(HttpConnection::TunnelOpened&) { is_tunnel_ = true; }
  void take(HttpConnection::RoomMade& item) { require(streams_.at(item.stream) != State::over); }
  void take(HttpConnection::BodyUnwanted& item) {
    require(streams_.at(item.stream) != State::over);
  }
  void take(HttpConnection::StreamDone& item) {
    require(std::exchange(streams_.at(item.stream), State::over) != State::over);
  }
  void take(HttpConnection::StreamFailed& item) {
    require(std::exchange(streams_.at(item.stream), State::over) != State::over);
  }
  void take(HttpConnection::Closing&) {
    require(!std::exchange(is_closing_, true));
    require(machine_->not_reused().has_value());
  }
  void take(HttpConnection::OutputEnded&) {}
  void take(HttpConnection::Closed&) { is_closed_ = true; }

  enum class State { open, body, ended, over };

  fuzz::Input input_;
  std::unique_ptr<HttpConnection> machine_;
  bool is_client_ = false;
  bool is_http2_ = false;
  Instant now_{1s};
  StreamId last_ = 0;
  std::map<StreamId, State> streams_;
  bool is_tunnel_ = false;
  bool is_closing_ = false;
  bool is_closed_ = false;
};

}  // namespace

int fuzz_http_operations(std::span<const std::byte> input) {
  HttpOperations(fuzz::Input(input)).run();
  return 0;
}
