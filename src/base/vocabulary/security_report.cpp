#include <bowline/detail/security_facts.h>

#include <utility>

#include "base/escape.h"

namespace bowline {

SecurityReport::SecurityReport(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}

const SecurityReport::Facts& SecurityReport::facts() const {
  static const Facts none;
  return facts_ ? *facts_ : none;
}

const std::string& SecurityReport::protocol() const { return facts().protocol; }
bool SecurityReport::is_established() const { return facts().established; }
const std::string& SecurityReport::version() const { return facts().version; }
const std::string& SecurityReport::cipher() const { return facts().cipher; }
const std::string& SecurityReport::group() const { return facts().group; }
const std::string& SecurityReport::alpn() const { return facts().alpn; }
const std::string& SecurityReport::server_name() const { return facts().server_name; }
const std::string& SecurityReport::preshared_key() const { return facts().preshared_key; }
bool SecurityReport::is_resumed() const { return facts().resumed; }
bool SecurityReport::is_early_data_accepted() const { return facts().early_data_accepted; }
const std::vector<Certificate>& SecurityReport::peer_chain() const { return facts().peer_chain; }
const TrustReport& SecurityReport::trust() const { return facts().trust; }
const std::vector<std::string>& SecurityReport::exceptions() const { return facts().exceptions; }
const std::string& SecurityReport::library() const { return facts().library; }

std::string to_string(const SecurityReport& report) {
  constexpr std::size_t shown_max = 256;
  std::string text = report.protocol();
  if (report.is_established()) {
    text += " " + report.version() + ", " + report.cipher() + ", " + report.group();
  } else {
    text += " did not come about";
  }
  if (!report.alpn().empty()) text += ", alpn " + escape(report.alpn(), shown_max);
  if (!report.preshared_key().empty())
    text += ", with the key '" + escape(report.preshared_key(), shown_max) + "' that both have";
  if (report.is_resumed()) text += ", resumed";
  if (report.is_early_data_accepted()) text += ", early data";
  const std::string& sentence = report.trust().sentence();
  return sentence.empty() ? text : text + "; " + sentence;
}

}  // namespace bowline
