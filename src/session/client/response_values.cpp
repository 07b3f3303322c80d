#include <bowline/detail/url_facts.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "core/http/rules/redirect.h"

namespace bowline {

namespace {

std::string ms_text(Duration time) {
  const auto tenths = std::chrono::duration_cast<std::chrono::microseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

}  // namespace

std::string to_string(UrlSource source) {
  switch (source) {
    case UrlSource::network: return "network";
    case UrlSource::cache: return "cache";
    case UrlSource::revalidated: return "revalidated";
  }
  return "unknown";
}

std::string to_string(UrlPhase phase) {
  switch (phase) {
    case UrlPhase::waiting: return "waiting";
    case UrlPhase::naming: return "naming";
    case UrlPhase::connecting: return "connecting";
    case UrlPhase::securing: return "securing";
    case UrlPhase::sending: return "sending";
    case UrlPhase::thinking: return "thinking";
    case UrlPhase::receiving: return "receiving";
  }
  return "unknown";
}

UrlTransaction::UrlTransaction(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const UrlTransaction::Facts& UrlTransaction::facts() const {
  static const Facts nothing;
  return facts_ ? *facts_ : nothing;
}
const std::string& UrlTransaction::method() const { return facts().method; }
const std::string& UrlTransaction::url() const { return facts().url; }
int UrlTransaction::status() const { return facts().status; }
UrlSource UrlTransaction::source() const { return facts().source; }
const std::string& UrlTransaction::protocol() const { return facts().protocol; }
bool UrlTransaction::is_reused() const { return facts().is_reused; }
const std::string& UrlTransaction::not_reused_because() const { return facts().not_reused_because; }
const std::string& UrlTransaction::connection() const { return facts().connection; }
const std::string& UrlTransaction::proxy() const { return facts().proxy; }
const std::optional<SocketAddress>& UrlTransaction::local() const { return facts().local; }
const std::optional<SocketAddress>& UrlTransaction::remote() const { return facts().remote; }
const std::string& UrlTransaction::tls_version() const { return facts().tls_version; }
const std::string& UrlTransaction::tls_cipher() const { return facts().tls_cipher; }
Duration UrlTransaction::started() const { return facts().started; }
Duration UrlTransaction::duration() const { return facts().duration; }
const std::vector<std::pair<UrlPhase, Duration>>& UrlTransaction::phases() const {
  return facts().phases;
}
Duration UrlTransaction::time_in(UrlPhase phase) const {
  Duration sum{};
  for (const auto& [each, time] : phases())
    if (each == phase) sum += time;
  return sum;
}
std::uint64_t UrlTransaction::body_sent() const { return facts().body_sent; }
std::uint64_t UrlTransaction::body_received() const { return facts().body_received; }
std::uint64_t UrlTransaction::body_decoded() const { return facts().body_decoded; }
std::uint64_t UrlTransaction::head_sent() const { return facts().head_sent; }
std::uint64_t UrlTransaction::head_received() const { return facts().head_received; }
const std::optional<Report>& UrlTransaction::establishment() const { return facts().establishment; }

std::size_t UrlMetrics::redirects() const {
  return static_cast<std::size_t>(std::ranges::count_if(transactions_, [this](const auto& each) {
    return core::is_redirect(each.status()) && &each != &transactions_.back();
  }));
}

std::string to_string(const UrlTransaction& transaction) {
  std::string text = transaction.method() + " " + escape(transaction.url()) + ": ";
  text += transaction.status() == 0 ? "no response" : std::to_string(transaction.status());
  if (transaction.source() != UrlSource::network)
    text += " from " + to_string(transaction.source());
  if (!transaction.protocol().empty()) text += " by " + transaction.protocol();
  if (!transaction.connection().empty()) {
    text += " over " + transaction.connection() +
            (transaction.is_reused() ? " (reused)"
                                     : " (new: " + transaction.not_reused_because() + ")");
  }
  return text + ", " + std::to_string(transaction.body_received()) + " bytes in " +
         ms_text(transaction.duration());
}

UrlResponse::UrlResponse(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const UrlResponse::Facts& UrlResponse::facts() const {
  static const Facts nothing;
  return facts_ ? *facts_ : nothing;
}
int UrlResponse::status() const { return facts().status; }
const std::string& UrlResponse::reason() const { return facts().reason; }
const std::string& UrlResponse::version() const { return facts().version; }
const Url& UrlResponse::url() const { return facts().url; }
const HttpFields& UrlResponse::fields() const { return facts().fields; }
const HttpFields& UrlResponse::trailers() const { return facts().trailers; }
std::string_view UrlResponse::field(std::string_view name) const {
  return fields().find(name).value_or(std::string_view());
}
const Buffer& UrlResponse::body() const { return facts().body; }
std::uint64_t UrlResponse::body_octets() const { return facts().body_octets; }
const std::string& UrlResponse::file() const { return facts().file; }
const UrlMetrics& UrlResponse::metrics() const { return facts().metrics; }

}  // namespace bowline
