#include "core/websocket/deflate_terms.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "wire/http/list.h"

namespace bowline::core {

namespace {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string_view> value;
};
struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The part up to the next `separator`; it is dropped from `rest`. No value here holds one in quotes.
std::string_view take_part(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = trimmed(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

std::optional<Extension> read_extension(std::string_view text) {
  Extension extension;
  extension.name = take_part(text, ';');
  if (extension.name.empty()) return std::nullopt;
  while (!text.empty()) {
    std::string_view part = take_part(text, ';');
    const bool has_value = part.contains('=');
    ExtensionParameter parameter;
    parameter.name = take_part(part, '=');
    if (has_value) {
      if (part.size() >= 2 && part.front() == '"' && part.back() == '"')
        part = part.substr(1, part.size() - 2);
      parameter.value = part;
    }
    if (parameter.name.empty()) return std::nullopt;
    extension.parameters.push_back(parameter);
  }
  return extension;
}

std::optional<int> read_bits(std::string_view text) {
  int bits = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  // No zero in front: RFC 7692 7.1.2.1.
  if (!is_whole || bits < 8 || bits > 15 || text.front() == '0') return std::nullopt;
  return bits;
}

/// What one extension says, whoever says it.
struct Said {
  bool server_no_context = false;
  bool client_no_context = false;
  std::optional<int> server_bits;
  std::optional<int> client_bits;
  bool names_client_bits = false;
};

bool read_parameter(const ExtensionParameter& parameter, bool value_may_lack, Said& said) {
  auto set_flag = [&](bool& flag) {
    const bool is_new = !flag && !parameter.value;
    return flag = true, is_new;
  };
  if (parameter.name == "server_no_context_takeover") return set_flag(said.server_no_context);
  if (parameter.name == "client_no_context_takeover") return set_flag(said.client_no_context);
  if (parameter.name == "server_max_window_bits") {
    if (said.server_bits || !parameter.value) return false;
    said.server_bits = read_bits(*parameter.value);
    return said.server_bits.has_value();
  }
  if (parameter.name != "client_max_window_bits" || said.names_client_bits) return false;
  said.names_client_bits = true;
  if (!parameter.value) return value_may_lack;
  said.client_bits = read_bits(*parameter.value);
  return said.client_bits.has_value();
}

/// Nothing if a parameter is unknown, stands twice or has a bad value.
std::optional<Said> read_parameters(const Extension& extension, bool value_may_lack) {
  Said said;
  for (const ExtensionParameter& parameter : extension.parameters)
    if (!read_parameter(parameter, value_may_lack, said)) return std::nullopt;
  return said;
}

Error bad_choice(const char* what) {
  return Error(ErrorKind::protocol_violation, ErrorDomain::websocket, 0, "websocket", what)
      .about("Sec-WebSocket-Extensions");
}

constexpr std::string_view deflate_name = "permessage-deflate";
constexpr int window_bits_max = 15;
constexpr int own_window_bits_min = 9;  // zlib writes no smaller ones

std::optional<DeflateTerms> grant(const Said& said, const WebSocketCompression& wanted) {
  DeflateTerms terms;
  if (said.server_bits.value_or(window_bits_max) < own_window_bits_min) return std::nullopt;
  terms.server_window_bits =
      std::min(said.server_bits.value_or(window_bits_max), wanted.own_window_bits());
  if (said.names_client_bits)
    terms.client_window_bits =
        std::min(said.client_bits.value_or(window_bits_max), wanted.peer_window_bits());
  terms.server_keeps_context = !said.server_no_context && wanted.keep_own_context();
  terms.client_keeps_context = !said.client_no_context && wanted.keep_peer_context();
  return terms;
}

}  // namespace

std::string write_deflate_offer(const WebSocketCompression& wanted) {
  std::string text(deflate_name);
  text += "; client_max_window_bits";
  if (wanted.own_window_bits() < window_bits_max)
    text += "=" + std::to_string(wanted.own_window_bits());
  if (wanted.peer_window_bits() < window_bits_max)
    text += "; server_max_window_bits=" + std::to_string(wanted.peer_window_bits());
  if (!wanted.keep_own_context()) text += "; client_no_context_takeover";
  if (!wanted.keep_peer_context()) text += "; server_no_context_takeover";
  return text;
}

Result<std::optional<DeflateTerms>> choose_deflate(std::string_view offers,
                                                   const WebSocketCompression& wanted) {
  std::optional<DeflateTerms> chosen;
  for (const std::string_view member : wire::split_http_list(offers)) {
    const std::optional<Extension> extension = read_extension(member);
    if (!extension)
      return Error(ErrorKind::malformed, ErrorDomain::http, 400, "websocket",
                   "no list of extensions");
    if (chosen || extension->name != deflate_name) continue;
    if (const auto said = read_parameters(*extension, true)) chosen = grant(*said, wanted);
  }
  return chosen;
}

std::string write_deflate_terms(const DeflateTerms& terms) {
  std::string text(deflate_name);
  if (!terms.server_keeps_context) text += "; server_no_context_takeover";
  if (!terms.client_keeps_context) text += "; client_no_context_takeover";
  if (terms.server_window_bits < window_bits_max)
    text += "; server_max_window_bits=" + std::to_string(terms.server_window_bits);
  if (terms.client_window_bits < window_bits_max)
    text += "; client_max_window_bits=" + std::to_string(terms.client_window_bits);
  return text;
}

Result<std::optional<DeflateTerms>> read_deflate_choice(
    std::string_view choice, const std::optional<WebSocketCompression>& wanted) {
  const std::vector<std::string_view> members = wire::split_http_list(choice);
  if (members.empty()) return std::nullopt;
  const std::optional<Extension> extension = read_extension(members.front());
  if (!extension || !wanted || members.size() > 1 || extension->name != deflate_name)
    return bad_choice("the server uses an extension that was not offered");
  const auto said = read_parameters(*extension, false);
  if (!said) return bad_choice("the server's parameters of permessage-deflate make no sense");
  if ((!wanted->keep_peer_context() && !said->server_no_context) ||
      said->server_bits.value_or(window_bits_max) > wanted->peer_window_bits() ||
      said->client_bits.value_or(0) > wanted->own_window_bits())
    return bad_choice("the server goes beyond what was offered of permessage-deflate");
  DeflateTerms terms;
  terms.server_keeps_context = !said->server_no_context;
  terms.client_keeps_context = !said->client_no_context && wanted->keep_own_context();
  terms.server_window_bits = said->server_bits.value_or(window_bits_max);
  terms.client_window_bits = said->client_bits.value_or(wanted->own_window_bits());
  return terms;
}

}  // namespace bowline::core
