#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bowline/certificate.h>
#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/path.h>
#include <bowline/security.h>
#include <bowline/websocket.h>

#include "cli/drop/drop_files.h"
#include "cli/drop/drop_page.h"
#include "cli/drop/drop_session.h"
#include "cli/drop/qr_code.h"
#include "cli/host/interrupt_watch.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/output/terminal.h"
#include "cli/subcommands.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

constexpr int wrong_pins_max = 5;
constexpr std::size_t drop_message_bytes_max = std::size_t{1} << 20;

/// The address of this host that a neighbour can reach, as far as can be told.
IpAddress neighbourly_address(Loop& loop) {
  const auto path = loop.path();
  std::optional<IpAddress> found;
  if (path.has_value()) {
    for (const Interface& interface : path->interfaces())
      for (const InterfaceAddress& each : interface.addresses()) {
        const IpAddress& address = each.address();
        if (address.is_loopback() || address.is_link_local()) continue;
        if (!found || (address.is_v4() && found->is_v6())) found = address;
      }
  }
  return found.value_or(IpAddress::loopback(Family::ipv4));
}

/// Six digits that nobody can guess.
Result<std::string> make_pin() {
  const DropFile source(::open("/dev/urandom", O_RDONLY | O_CLOEXEC));
  std::string pin;
  while (pin.size() < 6) {
    std::byte octet{};
    if (::read(source.get(), &octet, 1) != 1) return Error::from_errno(errno, "read");
    // 250 is a multiple of ten: all digits are alike.
    if (const auto value = std::to_integer<unsigned>(octet); value < 250)
      pin += static_cast<char>('0' + value % 10);
  }
  return pin;
}

std::string short_fingerprint(const Certificate& certificate) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::byte octet : certificate.fingerprint()) {
    if (!text.empty()) text += ':';
    text += digits[std::to_integer<unsigned>(octet) >> 4];
    text += digits[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

/// One run of `bowline drop`: until a browser that had the PIN is gone.
class DropRun {
 public:
  DropRun(Loop& loop, bool as_json, bool stays)
      : loop_(loop), as_json_(as_json), stays_(stays), style_(style_of_output()) {
    house_.tell = [this](const std::string& what) { tell(what); };
    house_.progress = [this](const std::string& name, std::uint64_t done, std::uint64_t size) {
      show_progress(name, done, size);
    };
    house_.wrong_pin = [this] { handle_wrong_pin(); };
  }

  Result<void> open(std::span<const std::string_view> files, const std::string& folder,
                    const SocketAddress& local) {
    BOWLINE_TRY(house_.offered, offer_files(files));
    BOWLINE_TRY(house_.pin, make_pin());
    house_.folder = folder;
    const std::string host_name = to_string(local.ip);
    CertificateRequest request("bowline drop");
    request.name(host_name).valid_for(std::chrono::hours(24));
    BOWLINE_TRY(const CertificateAndKey made, make_certificate(loop_, request));
    BOWLINE_TRY(const auto certificates,
                read_certificates(std::as_bytes(std::span(made.certificates))));
    BOWLINE_TRY(const Identity identity, Identity::from_text(made.certificates, made.private_key));
    const auto options =
        WebSocketOptions().message_bytes_max(drop_message_bytes_max).on_request(answer);
    BOWLINE_TRY(listener_, listen(loop_, Endpoint(local),
                                  websocket(tls(SecurityOptions().identity(identity)), options)));
    listener_.limit_open(64);
    listener_.on_connection(
        [this](WebSocketConnection connection) { take_in(std::move(connection)); });
    say_where("https://" + to_string(listener_.local_address()) + "/",
              short_fingerprint(certificates.front()));
    return {};
  }

  int run() {
    const InterruptWatch watch(loop_, [this] {
      interrupted_ = true;
      finish();
    });
    loop_.run();
    if (interrupted_) return exit_interrupted;
    return locked_ ? exit_trust : exit_ok;
  }

 private:
  static WebSocketAnswer answer(const WebSocketRequest& request) {
    if (request.is_websocket())
      return request.target() == "/ws" ? WebSocketAnswer::accept() : WebSocketAnswer::refuse(404);
    if (request.target() != "/" || (request.method() != "GET" && request.method() != "HEAD"))
      return WebSocketAnswer::refuse(404, "nothing here\n");
    return WebSocketAnswer::refuse(200, std::string(drop_page))
        .field("Content-Type", "text/html; charset=utf-8")
        .field("Cache-Control", "no-store")
        .field("X-Content-Type-Options", "nosniff")
        .field("Referrer-Policy", "no-referrer")
        .field("Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
               "connect-src "
               "'self' wss:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'");
  }

  void take_in(WebSocketConnection connection) {
    sessions_.push_back(std::make_unique<DropSession>(
        house_, std::move(connection), [this](DropSession& session, bool served) {
          sessions_.remove_if([&](const auto& each) { return each.get() == &session; });
          // One use, and gone.
          if (is_ending_ || (served && !stays_)) finish();
        }));
    sessions_.back()->start();
  }

  void handle_wrong_pin() {
    if (++wrong_pins_ < wrong_pins_max) return;
    tell("five wrong PINs: it ends here");
    locked_ = true;
    // Not from inside the session that asked.
    soon_ = loop_.sleep(Duration::zero());
    soon_.start([this](const Result<void>&) { finish(); });
  }

  void finish() {
    is_ending_ = true;
    listener_.close();
    if (sessions_.empty() || interrupted_ || locked_) return loop_.stop();
    for (const auto& session : sessions_) session->close();
  }

  void say_where(const std::string& url, const std::string& fingerprint) {
    if (as_json_) {
      Json json;
      json.object([&] {
        json.field("event", "waiting");
        json.field("url", url);
        json.field("pin", house_.pin);
        json.field("fingerprint", fingerprint);
      });
      print(json.text() + "\n");
    } else {
      const auto code = QrCode::of(url + "#" + house_.pin);
      if (code && style_.pictures && style_.unicode) print(draw(*code, style_.colours));
      print(url + "   PIN " + house_.pin + "\n");
      print(
          "Your browser will warn you: this program made its certificate by itself, and nobody "
          "else vouches for\n"
          "it. It is the right one if its SHA-256 fingerprint is\n  " +
          fingerprint + "\n");
    }
    std::fflush(stdout);
  }

  void tell(const std::string& what) {
    if (std::exchange(shows_progress_, false)) std::fputs("\n", stderr);
    if (!as_json_) return note(what);
    Json json;
    json.object([&] {
      json.field("event", "told");
      json.field("what", what);
    });
    print(json.text() + "\n");
    std::fflush(stdout);
  }

  /// One live line, only for people.
  void show_progress(const std::string& name, std::uint64_t done, std::uint64_t size) {
    if (as_json_ || ::isatty(STDERR_FILENO) != 1 || size == 0) return;
    shows_progress_ = true;
    const std::string line =
        "\r" + fit(safe(name, 60), 40) + " " + std::to_string(done * 100 / size) + " % ";
    std::fputs(line.c_str(), stderr);
  }

  Loop& loop_;
  const bool as_json_;
  const bool stays_;
  const Style style_;
  DropSession::House house_;
  Listener<WebSocketConnection> listener_;
  std::list<std::unique_ptr<DropSession>> sessions_;
  Operation<void> soon_;
  int wrong_pins_ = 0;
  bool is_ending_ = false;
  bool interrupted_ = false;
  bool locked_ = false;
  bool shows_progress_ = false;
};

Result<SocketAddress> drop_address(const Invocation& invocation, Loop& loop) {
  std::uint16_t port = 0;
  if (const auto text = invocation.value("port")) {
    BOWLINE_TRY(port, read_port(*text, 0));
  }
  const auto given = invocation.value("listen");
  if (!given) return SocketAddress(neighbourly_address(loop), port);
  BOWLINE_TRY(const Endpoint local, Endpoint::parse_host(*given, port));
  if (!local.is_address()) return usage_error("--listen wants an address, not " + quoted(*given));
  return local.address();
}

}  // namespace

int run_drop(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto local = drop_address(invocation, *loop);
  if (!local.has_value())
    return report_choice_failure(local.error(), invocation.command(), as_json);
  DropRun run(*loop, as_json, invocation.has("stay"));
  const std::string folder(invocation.value("into").value_or("."));
  const auto opened = run.open(invocation.arguments(), folder, *local);
  if (!opened.has_value())
    return report_choice_failure(opened.error(), invocation.command(), as_json);
  return run.run();
}

}  // namespace bowline::cli
