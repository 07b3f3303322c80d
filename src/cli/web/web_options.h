#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/session_configuration.h>
#include <bowline/url_request.h>

#include "cli/words/arguments.h"

namespace bowline::cli {

/// The session that the options describe.
///
/// errors    invalid_argument for what does not parse; those of the system for a file
[[nodiscard]] Result<SessionConfiguration> read_session(const Invocation& invocation);

/// What the options say of each request; `url` may lack its scheme.
///
/// errors    as above
[[nodiscard]] Result<UrlRequest> read_request(const Invocation& invocation, std::string_view url);

/// `example.com/a` is `https://example.com/a`.
[[nodiscard]] std::string with_scheme(std::string_view url);
/// The whole file; - is standard input.
[[nodiscard]] Result<std::string> read_whole(const std::string& path);
/// Makes or replaces a file that only its owner may read: secrets are in it. Whole, or not at all.
[[nodiscard]] Result<void> write_private_file(const std::string& path, std::string_view text);
/// "500", "20K", "3M", "1G": octets, at least 1.
[[nodiscard]] Result<std::uint64_t> read_octets(std::string_view text, std::string_view option);
/// A whole number up to `max`.
[[nodiscard]] Result<std::uint64_t> read_count(std::string_view text, std::string_view option,
                                               std::uint64_t max);
/// "2", "0.25": seconds.
[[nodiscard]] Result<Duration> read_limit(std::string_view text, std::string_view option);

/// What a file that was downloaded from `url` may be called: the last part of its path, decoded; nothing if
/// that is no harmless name.
[[nodiscard]] std::optional<std::string> file_name_of(const Url& url);

}  // namespace bowline::cli
