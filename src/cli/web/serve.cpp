#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <bowline/certificate.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/secure/identity_files.h"
#include "cli/secure/security_notes.h"
#include "cli/subcommands.h"
#include "cli/web/qr_code.h"
#include "cli/web/served_files.h"
#include "cli/web/web_options.h"

namespace bowline::cli {

namespace {

/// Addresses of this host that others can reach, and its own names.
std::vector<std::string> names_of_host(Loop& loop, bool all) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  const auto path = loop.path();
  if (!all || !path.has_value()) return names;
  for (const Interface& interface : path->interfaces()) {
    for (const InterfaceAddress& address : interface.addresses()) {
      // A link-local one is of use only with the reader's interface beside it.
      if (address.address().is_loopback() || address.address().is_link_local()) continue;
      names.push_back(to_string(address.address()));
    }
  }
  return names;
}

Result<void> save(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Error::from_errno(errno, "create").about(path);
  const ssize_t count = ::write(file, text.data(), text.size());
  const int code = errno;
  ::close(file);
  if (count != static_cast<ssize_t>(text.size()))
    return Error::from_errno(count < 0 ? code : ENOSPC, "write").about(path);
  return {};
}

/// Who this server is: as the options say, or made for it.
Result<Identity> identity_for(const Invocation& invocation, Loop& loop, bool all) {
  std::vector<std::string> warnings;
  BOWLINE_TRY(const auto identity, read_identity(invocation, warnings));
  say_warnings(warnings, invocation.has("json"));
  if (identity) return *identity;
  BOWLINE_TRY(const CertificateAndKey root,
              make_certificate(loop, CertificateRequest("bowline serve").authority()));
  CertificateRequest request("bowline serve");
  for (const std::string& name : names_of_host(loop, all)) request.name(name);
  if (const auto listen = invocation.value("listen")) request.name(std::string(*listen));
  BOWLINE_TRY(const CertificateAndKey made, make_certificate(loop, request, &root));
  if (const auto file = invocation.value("write-root"))
    BOWLINE_TRY_VOID(save(std::string(*file), root.certificates));
  return Identity::from_text(made.certificates, made.private_key);
}

Result<Endpoint> local_of(const Invocation& invocation) {
  std::uint16_t port = 0;
  if (const auto text = invocation.value("port")) {
    BOWLINE_TRY(const std::uint64_t number, read_count(*text, "--port", 65535));
    port = static_cast<std::uint16_t>(number);
  }
  if (invocation.has("all")) {
    if (invocation.has("listen")) return usage_error("--all and --listen exclude each other");
    return any(port);
  }
  const std::string_view address = invocation.value("listen").value_or("127.0.0.1");
  BOWLINE_TRY(const Endpoint local, Endpoint::parse_host(address, port));
  if (!local.is_address()) return usage_error("--listen wants an address, not " + quoted(address));
  return local;
}

Result<HttpListener> open_server(const Invocation& invocation, Loop& loop,
                                 const ServedFiles& files) {
  BOWLINE_TRY(const Endpoint local, local_of(invocation));
  const auto handler = [&files](HttpExchange exchange) { files.answer(std::move(exchange)); };
  if (invocation.has("plain")) return HttpListener::open_plain(loop, local, handler);
  BOWLINE_TRY(const Identity identity, identity_for(invocation, loop, invocation.has("all")));
  return HttpListener::open(loop, local, SecurityOptions().identity(identity), handler);
}

void say_where(const Invocation& invocation, Loop& loop, const HttpListener& listener) {
  const std::string scheme = invocation.has("plain") ? "http://" : "https://";
  const SocketAddress local = listener.local_address();
  std::vector<std::string> urls;
  if (invocation.has("all")) {
    for (const std::string& name : names_of_host(loop, true)) {
      const bool is_ipv6 = name.contains(':');
      urls.push_back(scheme + (is_ipv6 ? "[" + name + "]" : name) + ":" +
                     std::to_string(local.port) + "/");
    }
  } else {
    urls.push_back(scheme + to_string(local) + "/");
    if (local.ip.is_loopback())
      urls.push_back(scheme + "localhost:" + std::to_string(local.port) + "/");
  }
  if (invocation.wants_json()) {
    Json json;
    json.object([&] {
      json.field("event", "listening");
      json.list("urls", urls, [&](const std::string& url) { json.value(url); });
    });
    print(json.text() + "\n");
  } else {
    for (const std::string& url : urls) print(url + "\n");
    // For a telephone, which cannot reach this host's own addresses.
    const auto reachable = std::ranges::find_if(urls, [](const std::string& url) {
      return !url.contains("//127.") && !url.contains("//localhost") && !url.contains("//[::1]");
    });
    if (reachable != urls.end() || invocation.has("qr")) {
      const std::string& shown = reachable != urls.end() ? *reachable : urls.front();
      if (const auto picture = draw_qr_code(shown, style_of_output())) print(*picture);
    }
  }
  std::fflush(stdout);
}

}  // namespace

int run_serve(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  const auto report = [&](const Error& error) -> int {
    const bool is_usage = error.kind() == ErrorKind::invalid_argument && error.code() == 0;
    return is_usage ? report_usage(error, invocation.command(), as_json)
                    : report_failure(error, as_json);
  };
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto files = ServedFiles::open(std::string(invocation.arguments()[0]));
  if (!files.has_value()) return report(files.error());
  auto listener = open_server(invocation, *loop, *files);
  if (!listener.has_value()) return report(listener.error());
  say_where(invocation, *loop, *listener);
  bool is_ending = false;
  const InterruptWatch watch(*loop, [&] {
    if (std::exchange(is_ending, true)) return loop->stop();
    listener->close(std::chrono::seconds(5)).detach([&](const Result<void>&) { loop->stop(); });
  });
  loop->run();
  return exit_ok;
}

}  // namespace bowline::cli
