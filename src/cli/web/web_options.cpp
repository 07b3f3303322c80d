#include "cli/web/web_options.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <vector>

#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

constexpr std::size_t file_octets_max = std::size_t{1} << 30;

Result<void> add_fields(const Invocation& invocation, UrlRequest& request) {
  for (const std::string_view field : invocation.values("header")) {
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return usage_error("--header wants NAME: VALUE, not " + quoted(field));
    std::string_view value = field.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    request.add_field(field.substr(0, colon), value);
  }
  return {};
}

/// "@FILE" is the file's content.
Result<std::string> read_data(std::string_view text) {
  if (!text.starts_with('@')) return std::string(text);
  return read_whole(std::string(text.substr(1)));
}

Result<void> add_body(const Invocation& invocation, UrlRequest& request) {
  const auto data = invocation.values("data");
  const auto json_body = invocation.value("json-body");
  const auto form = invocation.values("form");
  if ((data.empty() ? 0 : 1) + (json_body ? 1 : 0) + (form.empty() ? 0 : 1) > 1)
    return usage_error("--data, --json-body and --form exclude each other");
  if (!data.empty()) {
    std::string body;
    for (const std::string_view each : data) {
      BOWLINE_TRY(const std::string piece, read_data(each));
      body += (body.empty() ? "" : "&") + piece;
    }
    request.body(std::move(body), "application/x-www-form-urlencoded");
  }
  if (json_body) {
    BOWLINE_TRY(std::string body, read_data(*json_body));
    request.body(std::move(body), "application/json");
  }
  if (form.empty()) return {};
  std::vector<FormField> fields;
  for (const std::string_view each : form) {
    const std::size_t equals = each.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return usage_error("--form wants NAME=VALUE or NAME=@FILE, not " + quoted(each));
    const std::string name(each.substr(0, equals));
    const std::string_view value = each.substr(equals + 1);
    fields.push_back(value.starts_with('@') ? FormField::file(name, std::string(value.substr(1)))
                                            : FormField(name, std::string(value)));
  }
  request.multipart(std::move(fields));
  return {};
}

/// One rule: the proxies in their order. A list of hosts without a proxy is for the environment's.
Result<void> read_proxies(const Invocation& invocation, SessionConfiguration& configuration) {
  const auto exceptions = invocation.value("no-proxy");
  const auto named = invocation.values("proxy");
  if (named.empty()) {
    if (exceptions) configuration.proxy(ProxyRule::direct().only_for(std::string(*exceptions)));
    return {};
  }
  std::optional<ProxyRule> rule;
  for (const std::string_view text : named) {
    if (text == "direct") {
      rule = rule ? rule->or_direct() : ProxyRule::direct();
      continue;
    }
    auto proxy = Proxy::parse(text);
    if (!proxy.has_value())
      return usage_error("--proxy " + quoted(text) + ": " + proxy.error().message());
    rule = rule ? rule->or_else(*proxy) : ProxyRule(*proxy);
  }
  if (exceptions) rule->except(std::string(*exceptions));
  configuration.proxy(*rule).environment_proxies(false);
  return {};
}

Result<SecurityOptions> read_security(const Invocation& invocation) {
  SecurityOptions security;
  if (const auto file = invocation.value("ca")) {
    BOWLINE_TRY(const std::string roots, read_whole(std::string(*file)));
    security.root(roots);
  }
  if (invocation.has("insecure")) security.trust_anybody();
  return security;
}

}  // namespace

Result<SessionConfiguration> read_session(const Invocation& invocation) {
  SessionConfiguration configuration;
  // Who writes http:// out has said so.
  configuration.allow_plain().user_agent("bowline/" + std::string(version()));
  BOWLINE_TRY(const SecurityOptions security, read_security(invocation));
  configuration.security(security);
  if (invocation.has("4") && invocation.has("6"))
    return usage_error("-4 and -6 exclude each other");
  Parameters parameters;
  parameters.wait(Waiting::never);
  if (invocation.has("4")) parameters.only(Family::ipv4);
  if (invocation.has("6")) parameters.only(Family::ipv6);
  configuration.parameters(parameters);
  BOWLINE_TRY_VOID(read_proxies(invocation, configuration));
  if (invocation.has("http1.1") && invocation.has("http2"))
    return usage_error("--http1.1 and --http2 exclude each other");
  if (invocation.has("http1.1")) configuration.versions(HttpChoice::http1);
  if (invocation.has("http2")) configuration.versions(HttpChoice::http2);
  return configuration;
}

Result<UrlRequest> read_request(const Invocation& invocation, std::string_view url) {
  const auto parsed = Url::parse(with_scheme(url));
  if (!parsed.has_value()) return usage_error(parsed.error().message() + ": " + quoted(url));
  UrlRequest request(*parsed);
  BOWLINE_TRY_VOID(add_fields(invocation, request));
  if (invocation.command()->name == "get") BOWLINE_TRY_VOID(add_body(invocation, request));
  if (const auto method = invocation.value("request")) request.method(std::string(*method));
  if (const auto user = invocation.value("user")) {
    const std::size_t colon = user->find(':');
    if (colon == std::string_view::npos) return usage_error("--user wants USER:PASSWORD");
    request.basic(std::string(user->substr(0, colon)), std::string(user->substr(colon + 1)));
  }
  if (const auto token = invocation.value("bearer")) request.bearer(std::string(*token));
  if (const auto seconds = invocation.value("timeout")) {
    BOWLINE_TRY(const Duration limit, read_limit(*seconds, "--timeout"));
    request.total_timeout(limit);
  }
  if (const auto seconds = invocation.value("idle")) {
    BOWLINE_TRY(const Duration limit, read_limit(*seconds, "--idle"));
    request.idle_timeout(limit);
  }
  return request;
}

std::string with_scheme(std::string_view url) {
  const std::size_t colon = url.find("://");
  const bool has_scheme = colon != std::string_view::npos && colon > 0 &&
                          std::ranges::all_of(url.substr(0, colon), [](char c) {
                            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                   (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
                          });
  return has_scheme ? std::string(url) : "https://" + std::string(url);
}

Result<std::string> read_whole(const std::string& path) {
  const bool is_input = path == "-";
  const int descriptor = is_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Error::from_errno(errno, "open").about(path);
  std::string content;
  std::array<char, 65'536> piece{};
  for (;;) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || content.size() > file_octets_max) {
      const int code = errno;
      if (!is_input) ::close(descriptor);
      if (count < 0) return Error::from_errno(code, "read").about(path);
      if (count > 0) return Error(ErrorKind::limit_exceeded, "read", "more than 1 GiB").about(path);
      return content;
    }
    content.append(piece.data(), static_cast<std::size_t>(count));
  }
}

Result<void> write_private_file(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const int file =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return Error::from_errno(errno, "create").about(beside);
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool is_whole = written == text.size() && ::fsync(file) == 0;
  const int code = errno;
  ::close(file);
  if (is_whole && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  const Error error = Error::from_errno(is_whole ? errno : code, "write").about(path);
  ::unlink(beside.c_str());
  return error;
}

Result<std::uint64_t> read_octets(std::string_view text, std::string_view option) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const unsigned shift = unit == "K" || unit == "k" ? 10U
                         : unit == "M"              ? 20U
                         : unit == "G"              ? 30U
                                                    : 0U;
  if (error != std::errc() || number == 0 || number > (std::uint64_t{1} << 33U) ||
      (!unit.empty() && shift == 0))
    return usage_error(std::string(option) + " wants a number of bytes, as 500, 20K or 3M, not " +
                       quoted(text));
  return number << shift;
}

Result<std::uint64_t> read_count(std::string_view text, std::string_view option,
                                 std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size() || number > max)
    return usage_error(std::string(option) + " wants a whole number up to " + std::to_string(max) +
                       ", not " + quoted(text));
  return number;
}

Result<Duration> read_limit(std::string_view text, std::string_view option) {
  double seconds = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || rest != text.data() + text.size() || !(seconds > 0) ||
      seconds > 7 * 24 * 3600.0)
    return usage_error(std::string(option) + " wants seconds, more than 0 and up to a week, not " +
                       quoted(text));
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::optional<std::string> file_name_of(const Url& url) {
  const std::string_view path = url.path();
  const std::string name = percent_decode(path.substr(path.rfind('/') + 1));
  const bool is_harmless = !name.empty() && !name.starts_with('.') && name.size() <= 200 &&
                           std::ranges::none_of(name, [](char c) {
                             const auto octet = static_cast<unsigned char>(c);
                             return octet < 0x20 || octet == 0x7f || c == '/' || c == '\\';
                           });
  if (!is_harmless) return std::nullopt;
  return name;
}

}  // namespace bowline::cli
