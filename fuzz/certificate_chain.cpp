#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "crypto/gnutls/certificates.h"
#include "drive/secure/trust/evaluation.h"
#include "require.h"

// What a peer sends as certificates and staples, with roots of the attacker's own choice: no crash, no way
// without an end, nobody trusted whom no root vouches for.

namespace {

using namespace bowline;

/// The first octet says how many of the last items are roots, the second what is asked; then items, each
/// behind its length in two octets.
struct ChainInput {
  std::vector<ports::Der> chain;
  std::vector<ports::Der> staples;
  std::vector<ports::Der> roots;
  unsigned flags = 0;
};

ChainInput read_input(std::span<const std::byte> bytes) {
  constexpr std::size_t items_max = 16;
  ChainInput input;
  ByteReader reader(bytes);
  const std::size_t roots = reader.u8().value_or(0) % 4U;
  input.flags = reader.u8().value_or(0);
  std::vector<ports::Der> items;
  while (items.size() < items_max) {
    const auto length = reader.u16();
    if (!length) break;
    const auto item = reader.bytes(std::min<std::size_t>(*length, reader.remaining()));
    items.emplace_back(item->begin(), item->end());
  }
  const std::size_t count = std::min(roots, items.size());
  input.roots.assign(items.end() - static_cast<std::ptrdiff_t>(count), items.end());
  items.resize(items.size() - count);
  if ((input.flags & 2) != 0 && !items.empty()) {
    input.staples = {std::move(items.back())};
    items.pop_back();
  }
  input.chain = std::move(items);
  return input;
}

constexpr ports::WallTime now =
    std::chrono::sys_days(std::chrono::year(2026) / 12 / 15) + std::chrono::hours(12);

void check_paths(const ports::CertificateLibrary& library, const ChainInput& input) {
  const std::vector<ports::RootSet> sets{{library.make_roots(input.roots), RootOrigin::program}};
  const auto purpose = (input.flags & 1) != 0 ? ports::CertificatePurpose::client
                                              : ports::CertificatePurpose::server;
  const auto paths = library.find_paths({input.chain, input.staples, sets, purpose, now, {}});
  require(!paths.empty() && paths.size() <= ports::CertificateLimits().paths_max);
  for (const ports::CertificatePath& path : paths) {
    require(path.origin.has_value() || !path.problems.empty());
    if (path.certificates.empty()) continue;
    require(path.certificates.front().der() == input.chain.front());
    const auto& last = path.certificates.back().der();
    require(!path.origin || std::ranges::find(input.roots, last) != input.roots.end());
  }
}

TrustReport::Facts judge(const ports::CertificateLibrary& library, const ChainInput& input,
                         std::vector<ports::Der> roots) {
  drive::TrustOptions options;
  options.use_system_roots = false;
  options.roots = std::move(roots);
  options.any_name = (input.flags & 4) != 0;
  ports::TlsQuestion question;
  question.chain = input.chain;
  question.staples = input.staples;
  question.peer_is_server = (input.flags & 1) == 0;
  question.peer_name = "host.test";
  return drive::Evaluation(library, nullptr, options).evaluate(question, now);
}

}  // namespace

int fuzz_certificate_chain(std::span<const std::byte> bytes) {
  static const auto library = crypto::make_certificate_library();
  const ChainInput input = read_input(bytes);
  check_paths(*library, input);
  const TrustReport::Facts facts = judge(*library, input, input.roots);
  require(facts.trusted == facts.problems.empty());
  require(!facts.sentence.empty());
  require(!facts.trusted || facts.root_origin == RootOrigin::program);
  require(!judge(*library, input, {}).trusted);
  static_cast<void>(library->read(bytes, 8));
  static_cast<void>(
      library->ascii_name(as_text(bytes.first(std::min<std::size_t>(bytes.size(), 64)))));
  return 0;
}
