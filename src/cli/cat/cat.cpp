#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <bowline/connection.h>
#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/security.h>
#include <bowline/trace.h>

#include "cli/cat/cat_exchange.h"
#include "cli/cat/cat_framing.h"
#include "cli/host/interrupt_watch.h"
#include "cli/host/wait_line.h"
#include "cli/output/output.h"
#include "cli/output/security_words.h"
#include "cli/secure/security_choice.h"
#include "cli/secure/security_notes.h"
#include "cli/subcommands.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

constexpr Duration connect_timeout_default = std::chrono::seconds(30);
constexpr Duration silence_default = std::chrono::seconds(1);

struct CatPlan {
  NetworkOptions network;
  Endpoint endpoint;
  SecurityChoice security;
  std::optional<CatFraming> framing;
  bool listens = false;
  bool keeps = false;
  bool keeps_open = false;
  bool as_json = false;
};

/// One run of `bowline cat`, from the first peer to the last.
class CatRun {
 public:
  CatRun(Loop& loop, CatPlan plan)
      : loop_(loop), plan_(std::move(plan)), input_(loop), output_(loop) {}

  /// The exit status; nothing may wait for the threads if they are not idle.
  int run() {
    const InterruptWatch watch(loop_, [this] { interrupt(); });
    output_.on_failure([this](const Error& error) { handle_output_failure(error); });
    // Between peers, and while only a thread has work to do, nothing else keeps the loop going.
    const Loop::Hold hold = loop_.hold();
    if (plan_.listens) {
      start_listening();
    } else {
      start_connecting();
    }
    if (!status_) loop_.run();
    // Operations that were cut off give their blocks back.
    while (loop_.run_ready()) continue;
    return status_.value_or(exit_ok);
  }

  [[nodiscard]] bool is_idle() const { return output_.is_idle(); }

 private:
  void start_connecting() {
    Parameters parameters = plan_.network.parameters;
    parameters.connect_within(plan_.network.timeout.value_or(connect_timeout_default));
    if (plan_.framing) {
      begin_when_ready(connect(loop_, plan_.endpoint, framed_stack(), parameters));
    } else if (plan_.security.protection == Protection::dtls) {
      begin_when_ready(connect(loop_, plan_.endpoint, dtls(plan_.security.options), parameters));
    } else if (plan_.network.udp) {
      begin_when_ready(connect(loop_, plan_.endpoint, udp(), parameters));
    } else if (const auto& proxy = plan_.network.proxy; proxy && is_secure()) {
      const auto stack = tls(tunnel(*proxy), plan_.security.options);
      begin_when_ready(connect(loop_, plan_.endpoint, stack, parameters));
    } else if (proxy) {
      begin_when_ready(connect(loop_, plan_.endpoint, tunnel(*proxy), parameters));
    } else if (is_secure()) {
      begin_when_ready(connect(loop_, plan_.endpoint,
                               tls(plan_.network.tcp, plan_.security.options), parameters));
    } else {
      begin_when_ready(connect(loop_, plan_.endpoint, plan_.network.tcp, parameters));
    }
  }

  [[nodiscard]] Framed framed_stack() const {
    return is_secure() ? framed(plan_.framing->factory, tls(plan_.security.options))
                       : framed(plan_.framing->factory, tcp());
  }

  [[nodiscard]] bool is_secure() const { return plan_.security.protection != Protection::none; }

  template <class ConnectionType>
  void begin_when_ready(const ConnectionType& connection) {
    connection_ = connection;
    connection_.on_state([this](ConnectionState state, const Error* error) {
      if (state == ConnectionState::waiting && error != nullptr) return wait_line_.show(*error);
      if (state == ConnectionState::preparing) return wait_line_.show_retry();
      wait_line_.clear();
    });
    ready_ = connection_.ready();
    ready_.start([this, connection](const Result<void>& ready) {
      if (!ready.has_value()) return end(report_failure(ready.error(), plan_.as_json));
      begin(connection);
    });
  }

  void start_listening() {
    const SecurityOptions& options = plan_.security.options;
    const auto listening = plan_.framing ? listen_with(framed_stack(), message_listener_)
                           : plan_.security.protection == Protection::dtls
                               ? listen_with(dtls(options), datagram_listener_)
                           : plan_.network.udp ? listen_with(udp(), datagram_listener_)
                           : is_secure()
                               ? listen_with(tls(plan_.network.tcp, options), stream_listener_)
                               : listen_with(plan_.network.tcp, stream_listener_);
    if (!listening.has_value()) return end(report_failure(listening.error(), plan_.as_json));
    if (is_secure()) watch_handshakes();
    tell("listening", "local", to_string(*listening), "listening on " + to_string(*listening));
    if (plan_.network.timeout) {
      no_peer_ = loop_.sleep(*plan_.network.timeout);
      no_peer_.start([this](const Result<void>&) {
        const Error error(ErrorKind::timed_out, "listen",
                          "nobody has connected within the time allowed");
        end(report_failure(error, plan_.as_json));
      });
    }
    accept_next();
  }

  /// Peers that were refused, or that gave up, never become connections: nothing else tells of them.
  void watch_handshakes() {
    refusals_ = loop_.trace([this](const TraceEvent& event) {
      if (event.kind != "handshake_failed" || event.error == nullptr) return;
      if (!plan_.as_json) return note("not connected: " + describe(*event.error));
      Json json;
      json.object([&] {
        json.field("event", "refused");
        json.name("error");
        write_error(json, *event.error);
      });
      tell_json(json);
    });
  }

  template <class Stack, class ListenerType>
  Result<SocketAddress> listen_with(const Stack& stack, ListenerType& listener) {
    Parameters parameters;
    if (plan_.network.family) parameters.only(*plan_.network.family);
    parameters.interface(plan_.network.parameters.interface());
    parameters.close_within(plan_.network.parameters.close_within());
    auto opened = listen(loop_, plan_.endpoint, stack, parameters);
    const bool no_ipv6 = !opened.has_value() && !plan_.network.family &&
                         (opened.error().kind() == ErrorKind::unsupported ||
                          opened.error().kind() == ErrorKind::address_unavailable) &&
                         plan_.endpoint.address().ip == IpAddress::any(Family::ipv6);
    if (no_ipv6) {
      const Endpoint ipv4 = SocketAddress(IpAddress::any(Family::ipv4), plan_.endpoint.port());
      opened = listen(loop_, ipv4, stack, parameters);
    }
    if (!opened.has_value()) return opened.error();
    listener = *std::move(opened);
    listener.limit_open(1);
    return listener.local_address();
  }

  void accept_next() {
    if (plan_.framing) {
      accept_from(message_listener_, message_accept_);
    } else if (plan_.network.udp) {
      accept_from(datagram_listener_, datagram_accept_);
    } else {
      accept_from(stream_listener_, stream_accept_);
    }
  }

  template <class ConnectionType>
  void accept_from(Listener<ConnectionType>& listener, Operation<ConnectionType>& accept) {
    accept = listener.accept();
    accept.start([this, &listener](Result<ConnectionType> connection) {
      if (!connection.has_value()) return end(report_failure(connection.error(), plan_.as_json));
      no_peer_ = {};
      connection_ = *connection;
      if (!plan_.keeps) listener.close();
      begin(*std::move(connection));
    });
  }

  void begin(const StreamConnection& connection) {
    begin(exchange_stream(loop_, connection, input_, output_,
                          {.keeps_output = plan_.keeps, .keeps_open = plan_.keeps_open}));
  }
  void begin(const MessageConnection& connection) {
    begin(exchange_messages(loop_, connection, input_, output_,
                            {.has_types = plan_.framing->has_types,
                             .keeps_output = plan_.keeps,
                             .keeps_open = plan_.keeps_open,
                             .silence = plan_.network.timeout.value_or(silence_default)}));
  }
  void begin(const DatagramConnection& connection) {
    const Duration silence = plan_.network.timeout.value_or(silence_default);
    begin(exchange_datagrams(loop_, connection, input_, output_, silence, plan_.keeps));
  }

  void begin(std::shared_ptr<CatExchange> exchange) {
    const auto remote = connection_.remote_address();
    peer_ = remote ? to_string(*remote) : "a peer that is gone";
    tell_connected();
    exchange_ = std::move(exchange);
    exchange_->start([this](const ExchangeEnd& ended) { handle_end(ended); });
  }

  void handle_end(const ExchangeEnd& ended) {
    exchange_ = nullptr;
    connection_ = {};
    if (input_.error()) return end_here(ended, *input_.error());
    tell_end(ended);
    if (plan_.keeps) return accept_next();
    end(ended.error ? exit_for(*ended.error) : exit_ok);
  }

  /// A reader who has had enough is no failure; a full disk is.
  void handle_output_failure(const Error& error) {
    const bool had_enough = error.kind() == ErrorKind::reset;
    // With -k, what was the last peer's may fail to be written after that peer's end.
    if (!exchange_) return had_enough ? end(exit_ok) : fail_here(error);
    const ExchangeEnd ended = exchange_->so_far();
    if (!had_enough) return end_here(ended, error);
    tell_end(ended);
    end(exit_ok);
  }

  /// No peer is to blame, and none is connected.
  void fail_here(const Error& error) {
    if (plan_.as_json) {
      Json json;
      json.object([&] {
        json.field("event", "failed");
        json.name("error");
        write_error(json, error);
      });
      tell_json(json);
    } else {
      note(describe(error));
    }
    end(exit_connect);
  }

  /// The peer is not to blame: standard input or output failed.
  void end_here(ExchangeEnd ended, const Error& error) {
    if (plan_.as_json) {
      ended.error = error;
    } else {
      note(describe(error));
    }
    tell_end(ended);
    end(exit_connect);
  }

  /// Whoever interrupts knows why it ended; a program that reads the events does not.
  void interrupt() {
    if (!status_ && plan_.as_json) {
      if (!exchange_) peer_.reset();
      ExchangeEnd ended = exchange_ ? exchange_->so_far() : ExchangeEnd();
      ended.error = Error(ErrorKind::cancelled, "cat", "interrupted");
      tell_end(ended);
    }
    end(exit_interrupted);
  }

  void end(int status) {
    if (!status_) status_ = status;
    if (exchange_) exchange_->abort();
    loop_.stop();
  }

  void tell(std::string_view event, std::string_view name, const std::string& value,
            const std::string& line) const {
    if (!plan_.as_json) return note(line);
    Json json;
    json.object([&] {
      json.field("event", event);
      json.field(name, value);
    });
    tell_json(json);
  }

  void tell_connected() const {
    const auto security = connection_.security();
    if (!plan_.as_json) {
      const std::string by = security ? " by " + to_string(*security) : "";
      return note((plan_.listens ? "connection from " : "connected to ") + *peer_ + by);
    }
    Json json;
    json.object([&] {
      json.field("event", "connected");
      json.field("peer", *peer_);
      if (security) {
        json.name("security");
        write_security(json, *security);
      }
    });
    tell_json(json);
  }

  void tell_end(const ExchangeEnd& ended) const {
    if (!plan_.as_json) {
      if (ended.error) static_cast<void>(report_failure(*ended.error, false));
      return;
    }
    Json json;
    json.object([&] {
      json.field("event", "ended");
      json.field("peer", peer_);
      json.field("sent_bytes", ended.sent_bytes);
      json.field("received_bytes", ended.received_bytes);
      json.name("error");
      if (ended.error) {
        write_error(json, *ended.error);
      } else {
        json.value(nullptr);
      }
    });
    tell_json(json);
  }

  static void tell_json(const Json& json) {
    const std::string line = json.text() + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  Loop& loop_;
  CatPlan plan_;
  CatInput input_;
  CatOutput output_;
  Connection connection_;
  Listener<StreamConnection> stream_listener_;
  Listener<DatagramConnection> datagram_listener_;
  Listener<MessageConnection> message_listener_;
  Operation<StreamConnection> stream_accept_;
  Operation<DatagramConnection> datagram_accept_;
  Operation<MessageConnection> message_accept_;
  Operation<void> ready_;
  WaitLine wait_line_{loop_};
  Operation<void> no_peer_;
  Tracing refusals_;
  std::shared_ptr<CatExchange> exchange_;
  std::optional<std::string> peer_;  // the last one
  std::optional<int> status_;
};

Result<Endpoint> read_local(const Invocation& invocation, const NetworkOptions& options,
                            Loop& loop) {
  for (const std::string_view option : {"source", "server", "wait"})
    if (invocation.has(option))
      return usage_error("--" + std::string(option) + " says nothing to a listener (-l)");
  const auto words = invocation.arguments();
  BOWLINE_TRY(const std::uint16_t port, read_port(words.back(), 0));
  if (words.size() == 1)
    return Endpoint(SocketAddress(IpAddress::any(options.family.value_or(Family::ipv6)), port));
  BOWLINE_TRY(Endpoint endpoint, Endpoint::parse_host(words.front(), port));
  if (!endpoint.is_address())
    return usage_error("a listener (-l) needs an address, and this is a name: " + endpoint.host());
  BOWLINE_TRY_VOID(check_scope(endpoint, options, loop));
  const SocketAddress address = unmapped(endpoint.address());
  if (options.family && *options.family != address.ip.family())
    return usage_error(to_string(address.ip) + " is not of the family that -4 or -6 asks for");
  return address == endpoint.address() ? endpoint : Endpoint(address);
}

Result<CatPlan> read_plan(const Invocation& invocation, Loop& loop) {
  CatPlan plan;
  BOWLINE_TRY(plan.network, read_network_options(invocation, loop));
  // A slow reader is no reason to cut it off: whoever started us may.
  plan.network.parameters.close_within(std::chrono::hours(24 * 365));
  plan.as_json = invocation.wants_json();
  plan.listens = invocation.has("listen");
  plan.keeps = invocation.has("k");
  plan.keeps_open = invocation.has("keep-open");
  if (const auto word = invocation.value("frame")) {
    BOWLINE_TRY(plan.framing, read_framing(*word));
    if (plan.network.udp) return usage_error("--frame cuts a stream, and UDP has datagrams");
  }
  if (plan.keeps && !plan.listens) return usage_error("-k keeps a listener: it needs -l");
  if (plan.listens && plan.network.proxy) return usage_error("a listener listens at no proxy");
  if (plan.listens) {
    BOWLINE_TRY(plan.endpoint, read_local(invocation, plan.network, loop));
    BOWLINE_TRY(plan.security, choose_listener_security(invocation, plan.endpoint));
  } else {
    BOWLINE_TRY(plan.endpoint, read_remote(invocation, plan.network, loop));
    BOWLINE_TRY(plan.security, choose_security(invocation, plan.endpoint));
  }
  return plan;
}

}  // namespace

int run_cat(const Invocation& invocation) {
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), invocation.wants_json());
  auto plan = read_plan(invocation, *loop);
  if (!plan.has_value())
    return report_choice_failure(plan.error(), invocation.command(), invocation.wants_json());
  say_warnings(plan->security.warnings, plan->as_json);
  CatRun run(*loop, *std::move(plan));
  const int status = run.run();
  if (run.is_idle()) return status;
  // A thread is inside a write that may never return, and nothing can call it back.
  std::_Exit(finish_output(status));
}

}  // namespace bowline::cli
