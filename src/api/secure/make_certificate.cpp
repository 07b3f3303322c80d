#include <bowline/certificate.h>

#include <algorithm>
#include <utility>

#include "api/secure/compose_crypto.h"
#include "base/bytes.h"
#include "core/trust/reference_name.h"
#include "drive/loop/loop.h"

namespace bowline {

namespace {

using Plan = ports::CertificatePlan;
using Made = ports::MadeCertificate;

constexpr const char* for_servers = "1.3.6.1.5.5.7.3.1";
constexpr const char* for_clients = "1.3.6.1.5.5.7.3.2";

Error bad_request(const char* why) {
  return Error(ErrorKind::invalid_argument, "make certificate", why);
}

/// Makes one certificate, and those that its flaw needs above it.
class Making {
 public:
  Making(const CertificateRequest& request, std::chrono::sys_seconds now)
      : request_(request), now_(now) {}

  Result<CertificateAndKey> run(const CertificateAndKey* issuer) {
    BOWLINE_TRY_VOID(check(issuer != nullptr));
    BOWLINE_TRY(Plan plan, make_plan());
    apply_flaw(plan);
    const Made* above = nullptr;
    if (issuer != nullptr) {
      BOWLINE_TRY_VOID(read_issuer(*issuer));
      BOWLINE_TRY_VOID(add_between());
      above = &chain_.back();
    }
    BOWLINE_TRY(const Made made, maker_->make(plan, above));
    return finish(made);
  }

 private:
  [[nodiscard]] Result<void> check(bool has_issuer) const;
  [[nodiscard]] Result<Plan> make_plan() const;
  [[nodiscard]] Result<CertificateName> read_name(std::string_view text) const;
  void apply_flaw(Plan& plan) const;
  [[nodiscard]] Result<void> read_issuer(const CertificateAndKey& issuer);
  [[nodiscard]] Result<void> add_between();
  [[nodiscard]] Result<void> add_authority(Plan plan);
  [[nodiscard]] Plan authority_plan(std::string common_name) const;
  [[nodiscard]] CertificateAndKey finish(const Made& made) const;

  const CertificateRequest& request_;
  std::chrono::sys_seconds now_;
  std::unique_ptr<ports::CertificateLibrary> library_ = make_certificate_library();
  std::unique_ptr<ports::CertificateMaker> maker_ = make_certificate_maker();
  /// The issuer and what stands above it, its root left out; then what stands between it and the new one.
  std::vector<ports::Der> above_issuer_;
  std::vector<Made> chain_;
  bool issuer_is_root_ = false;
};

bool needs_issuer(CertificateFlaw flaw) {
  return flaw == CertificateFlaw::oversized_key || flaw == CertificateFlaw::not_an_authority ||
         flaw == CertificateFlaw::name_not_permitted || flaw == CertificateFlaw::path_too_long;
}

Result<void> Making::check(bool has_issuer) const {
  constexpr std::chrono::hours years_100{24 * 365 * 100};
  if (request_.valid_for() < std::chrono::hours(1) || request_.valid_for() > years_100)
    return bad_request("a certificate is valid for an hour to 100 years");
  constexpr std::size_t characters_max = 64;
  if (request_.common_name().empty() || request_.common_name().size() > characters_max)
    return bad_request("the name for people has 1 to 64 characters");
  if (!has_issuer && needs_issuer(request_.flaw()))
    return bad_request("this flaw needs an issuer, which is its authority");
  return {};
}

Result<Plan> Making::make_plan() const {
  Plan plan;
  plan.common_name = request_.common_name();
  plan.not_before = now_ - std::chrono::hours(1);
  plan.not_after = plan.not_before + request_.valid_for();
  plan.is_authority = request_.is_authority();
  if (!plan.is_authority) plan.purposes = {request_.for_client() ? for_clients : for_servers};
  for (const std::string& name : request_.names()) {
    BOWLINE_TRY(CertificateName read, read_name(name));
    plan.names.push_back(std::move(read));
  }
  return plan;
}

Result<CertificateName> Making::read_name(std::string_view text) const {
  const bool is_wildcard = text.starts_with("*.");
  std::string host(is_wildcard ? text.substr(2) : text);
  auto read = core::read_reference_name(host);
  if (!read.has_value()) {
    BOWLINE_TRY(host, library_->ascii_name(host));
    read = core::read_reference_name(host);
  }
  if (!read.has_value()) return read.error();
  if (!read->address)
    return CertificateName{CertificateNameKind::dns, (is_wildcard ? "*." : "") + read->host};
  if (is_wildcard) return bad_request("no wildcard stands for addresses").about(std::string(text));
  const auto octets = read->address->octets();
  return CertificateName{CertificateNameKind::ip, std::string(octets.begin(), octets.end())};
}

void Making::apply_flaw(Plan& plan) const {
  const std::string host = plan.names.empty() ? plan.common_name : plan.names.front().octets;
  const auto dns = [](std::string name) {
    return CertificateName{CertificateNameKind::dns, std::move(name)};
  };
  switch (request_.flaw()) {
    case CertificateFlaw::none:
    case CertificateFlaw::not_an_authority:
    case CertificateFlaw::name_not_permitted:
    case CertificateFlaw::path_too_long: return;
    case CertificateFlaw::expired:
      plan.not_after = now_ - std::chrono::hours(1);
      plan.not_before = plan.not_after - request_.valid_for();
      return;
    case CertificateFlaw::not_yet_valid:
      plan.not_before = now_ + std::chrono::hours(24);
      plan.not_after = plan.not_before + request_.valid_for();
      return;
    case CertificateFlaw::other_name: plan.names = {dns("other.invalid")}; return;
    case CertificateFlaw::no_names: plan.names.clear(); return;
    case CertificateFlaw::nul_in_name:
      plan.names = {dns(host + std::string(1, '\0') + ".other.invalid")};
      return;
    case CertificateFlaw::wide_wildcard:
      plan.names = {dns("*"), dns("*." + host.substr(host.rfind('.') + 1))};
      return;
    case CertificateFlaw::wrong_purpose:
      plan.purposes = {request_.for_client() ? for_servers : for_clients};
      return;
    case CertificateFlaw::authority_as_peer: plan.is_authority = true; return;
    case CertificateFlaw::weak_key: plan.key = Plan::Key::p224; return;
    case CertificateFlaw::oversized_key: plan.imaginary_rsa_bits = 16'384; return;
    case CertificateFlaw::weak_signature: plan.signature = Plan::Signature::sha1; return;
    case CertificateFlaw::broken_signature: plan.signature = Plan::Signature::broken; return;
    // From the arc for examples of companies (RFC 5612).
    case CertificateFlaw::unknown_critical: plan.unknown_critical = "1.3.6.1.4.1.32473.1"; return;
    case CertificateFlaw::must_staple: plan.must_staple = true; return;
  }
}

Result<void> Making::read_issuer(const CertificateAndKey& issuer) {
  constexpr std::size_t chain_max = 10;
  BOWLINE_TRY(std::vector<ports::Der> all,
              library_->read(as_bytes(issuer.certificates), chain_max));
  BOWLINE_TRY(const Certificate first, library_->describe(all.front(), {}));
  issuer_is_root_ = first.is_self_issued();
  chain_.push_back({std::move(all.front()), issuer.private_key});
  above_issuer_.assign(all.begin() + 1, all.end());
  return {};
}

Plan Making::authority_plan(std::string common_name) const {
  Plan plan;
  plan.common_name = std::move(common_name);
  plan.not_before = now_ - std::chrono::hours(1);
  plan.not_after = plan.not_before + request_.valid_for();
  plan.is_authority = true;
  return plan;
}

Result<void> Making::add_authority(Plan plan) {
  BOWLINE_TRY(Made made, maker_->make(plan, &chain_.back()));
  chain_.push_back(std::move(made));
  return {};
}

Result<void> Making::add_between() {
  Plan plan = authority_plan("Authority between");
  if (request_.flaw() == CertificateFlaw::not_an_authority) {
    plan.is_authority = false;
    return add_authority(std::move(plan));
  }
  if (request_.flaw() == CertificateFlaw::name_not_permitted) {
    plan.permitted = {
        {CertificateNameKind::dns, "permitted.invalid"},
        {CertificateNameKind::ip, std::string("\xc0\x00\x02\x00\xff\xff\xff\x00", 8)}};
    return add_authority(std::move(plan));
  }
  if (request_.flaw() != CertificateFlaw::path_too_long) return {};
  plan.path_length = 0;
  BOWLINE_TRY_VOID(add_authority(std::move(plan)));
  return add_authority(authority_plan("Authority too many"));
}

CertificateAndKey Making::finish(const Made& made) const {
  CertificateAndKey result;
  result.certificates = maker_->to_pem(made.der);
  for (std::size_t i = chain_.size(); i-- > 0;)
    if (i > 0 || !issuer_is_root_) result.certificates += maker_->to_pem(chain_[i].der);
  if (!issuer_is_root_)
    for (const ports::Der& der : above_issuer_) result.certificates += maker_->to_pem(der);
  result.private_key = made.private_key;
  return result;
}

}  // namespace

Result<CertificateAndKey> make_certificate(Loop& loop, const CertificateRequest& request,
                                           const CertificateAndKey* issuer) {
  const auto now = std::chrono::floor<std::chrono::seconds>(loop.core().host().wall_clock().now());
  return Making(request, now).run(issuer);
}

}  // namespace bowline
