#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <bowline/url_response.h>

#include "cli/output/json.h"

namespace bowline::cli {

/// What was asked and what took how long, transaction by transaction, as lines for people.
[[nodiscard]] std::string describe_metrics(const UrlMetrics& metrics);
/// "HTTP/2 200" and the fields, as lines; safe to print.
[[nodiscard]] std::string describe_head(const UrlResponse& response);

/// {"url", "status", "fields", ..., "transactions": [...]}, as docs/cli describes it.
void write_response(Json& json, std::string_view url, const UrlResponse* response,
                    const std::optional<Error>& error, const UrlMetrics& metrics);

/// "1.2 MB"
[[nodiscard]] std::string octets_text(std::uint64_t octets);

}  // namespace bowline::cli
