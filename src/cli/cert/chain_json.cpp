#include "cli/cert/actions.h"

namespace bowline::cli {

void write_chain(Json& json, const std::vector<Certificate>& certificates,
                 const TrustReport& report) {
  const auto write_each = [&](const Certificate& certificate) {
    write_certificate(json, certificate);
  };
  json.object([&] {
    json.field("trusted", report.is_trusted());
    json.field("sentence", report.sentence());
    json.list("problems", report.problems(),
              [&](const TrustProblem& problem) { write_problem(json, problem); });
    json.name("root_origin");
    if (report.root_origin()) {
      json.value(to_string(*report.root_origin()));
    } else {
      json.value(nullptr);
    }
    json.list("chain", report.chain(), write_each);
    json.list("certificates", certificates, write_each);
  });
}

}  // namespace bowline::cli
