#include "crypto/gnutls/certificates/roots.h"

#include <utility>

#include "base/bytes.h"
#include "crypto/gnutls/certificates/layout.h"

namespace bowline::crypto {

IndexedRoots::IndexedRoots(std::vector<ports::Der> certificates) {
  for (ports::Der& der : certificates) {
    const auto layout = read_layout(der);
    if (!layout) continue;
    std::string subject(as_text(layout->subject));
    auto root = std::make_unique<Root>();
    root->der = std::move(der);
    by_subject_.emplace(std::move(subject), root.get());
    roots_.push_back(std::move(root));
  }
}

std::vector<const ReadCertificate*> IndexedRoots::named(std::string_view subject) const {
  std::vector<const ReadCertificate*> found;
  const auto [first, last] = by_subject_.equal_range(std::string(subject));
  for (auto i = first; i != last; ++i)
    if (const ReadCertificate* const root = read(*i->second)) found.push_back(root);
  return found;
}

const ReadCertificate* IndexedRoots::find(const Certificate& certificate) const {
  const auto layout = read_layout(certificate.der());
  if (!layout) return nullptr;
  for (const ReadCertificate* const root : named(as_text(layout->subject)))
    if (root->described == certificate) return root;
  return nullptr;
}

const ReadCertificate* IndexedRoots::read(const Root& root) {
  std::call_once(root.once, [&] {
    // A root that does not parse is trusted for nothing.
    if (auto read = read_certificate(root.der, {}); read.has_value()) root.read = *std::move(read);
  });
  return root.read.handle ? &root.read : nullptr;
}

}  // namespace bowline::crypto
