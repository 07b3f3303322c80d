// URLs: two texts, the second resolved against the first. What parses is ASCII, is read again as itself, and
// has parts that lie within its text.

#include <bowline/url.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "require.h"

namespace {

using namespace bowline;

void check_url(const Url& url) {
  require(std::ranges::all_of(url.text(), [](char c) { return c >= ' ' && c < 0x7f; }));
  const auto again = Url::parse(url.text());
  require(again.has_value() && *again == url);
  require(again->host() == url.host() && again->port() == url.port());
  require(again->path() == url.path() && again->query() == url.query());
  require(again->username() == url.username() && again->password() == url.password());
  require(url.target().size() <= url.text().size() && !url.origin().empty());
  if (url.has_opaque_path()) return;
  const Url plain = url.with_fragment(std::nullopt);
  require(plain.resolve("").value() == plain);
}

}  // namespace

int fuzz_url(std::span<const std::byte> input) {
  const std::string_view text = as_text(input);
  const std::size_t cut = text.find('\n');
  const auto base = Url::parse(text.substr(0, cut));
  if (!base.has_value()) {
    require(!base.error().message().empty());
    return 0;
  }
  check_url(*base);
  const auto url = base->resolve(cut == std::string_view::npos ? "" : text.substr(cut + 1));
  if (url.has_value()) check_url(*url);
  return 0;
}
