#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto/gnutls/certificates/describe.h"
#include "ports/certificates.h"

namespace bowline::crypto {

/// Roots, found by their names. Each is parsed when it is first needed: a bundle has some 150, and a program
/// meets a few.
class IndexedRoots final : public ports::TrustRoots {
 public:
  explicit IndexedRoots(std::vector<ports::Der> certificates);

  [[nodiscard]] std::size_t size() const override { return roots_.size(); }
  [[nodiscard]] const ports::Der& der(std::size_t index) const override {
    return roots_[index]->der;
  }
  /// Those with this subject, in DER.
  [[nodiscard]] std::vector<const ReadCertificate*> named(std::string_view subject) const;
  /// The root that is this certificate; null if none is.
  [[nodiscard]] const ReadCertificate* find(const Certificate& certificate) const;

 private:
  struct Root {
    ports::Der der;
    mutable std::once_flag once;
    mutable ReadCertificate read;  // no handle: it does not parse
  };
  [[nodiscard]] static const ReadCertificate* read(const Root& root);

  std::vector<std::unique_ptr<Root>> roots_;
  std::unordered_multimap<std::string, const Root*> by_subject_;
};

}  // namespace bowline::crypto
