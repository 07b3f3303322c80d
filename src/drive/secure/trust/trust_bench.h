#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/gnutls/certificates/making/plans.h"
#include "drive/secure/trust/evaluation.h"

namespace bowline::drive {

using crypto::TestAuthority;

/// Files in memory.
class TestFiles final : public ports::Files {
 public:
  void write(const std::string& path, std::string text) {
    files_[path] = {std::move(text), ++written_};
  }
  void remove(const std::string& path) { files_.erase(path); }
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t bytes_max) override {
    ++reads;
    const auto found = files_.find(std::string(path));
    if (found == files_.end()) return Error::from_errno(2, "open");
    return found->second.first.substr(0, bytes_max);
  }
  [[nodiscard]] std::uint64_t version(std::string_view path) override {
    const auto found = files_.find(std::string(path));
    return found == files_.end() ? 0 : found->second.second;
  }
  [[nodiscard]] Result<void> append_private(std::string_view path, std::string_view text) override {
    auto& [content, version] = files_[std::string(path)];
    content += text;
    version = ++written_;
    return {};
  }
  [[nodiscard]] std::string variable(const char*) override { return {}; }
  int reads = 0;

 private:
  std::map<std::string, std::pair<std::string, std::uint64_t>> files_;
  std::uint64_t written_ = 0;
};

/// A server with one authority between it and its root, as it is before somebody breaks something.
struct TrustCase {
  ports::CertificatePlan root = TestAuthority::authority_plan("Case Root");
  ports::CertificatePlan authority = TestAuthority::authority_plan("Case Authority");
  ports::CertificatePlan leaf = TestAuthority::leaf_plan("host.example");
  std::optional<ports::StaplePlan> staple;
  std::string peer_name = "host.example";
  bool root_is_known = true;
  bool sends_authority = true;
  TrustOptions options;

  TrustCase() { options.use_system_roots = false; }

  /// Makes the certificates and asks.
  [[nodiscard]] TrustReport::Facts judge(const TestAuthority& maker, bool is_resumed = false) {
    const auto made_root = maker.make(root, nullptr);
    const auto made_authority = maker.make(authority, &made_root);
    const auto made_leaf = maker.make(leaf, &made_authority);
    ports::TlsQuestion question;
    question.chain = {made_leaf.der};
    if (sends_authority) question.chain.push_back(made_authority.der);
    if (staple)
      question.staples = {maker.maker->make_staple(*staple, made_leaf, made_authority).value()};
    question.peer_name = peer_name;
    question.is_resumed = is_resumed;
    if (root_is_known) {
      options.roots = {made_root.der};
    } else {
      options.roots = {maker.root.der};  // another one
    }
    return Evaluation(*maker.library, nullptr, options).evaluate(question, TestAuthority::now);
  }
};

[[nodiscard]] inline std::vector<TrustFault> faults_in(const TrustReport::Facts& facts) {
  std::vector<TrustFault> faults;
  for (const TrustProblem& problem : facts.problems) faults.push_back(problem.fault);
  return faults;
}

}  // namespace bowline::drive
