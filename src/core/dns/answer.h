#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/dns/resolver.h"

namespace bowline::core {

/// The error that goes with a status other than ok. `why` is a sentence from us or, escaped, from the
/// server; empty: the status says it all, and the error has domain dns with the response code.
[[nodiscard]] Error answer_error(AnswerStatus status, std::string_view name, std::string_view why,
                                 std::optional<wire::Rcode> rcode = std::nullopt);

/// A failure without a reply that counts.
[[nodiscard]] Answer failed_answer(wire::RecordType type, const wire::DnsName& name,
                                   AnswerStatus status, Error error);

}  // namespace bowline::core
