#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace BOWLINE_API bowline {

/// Which characters stay as they are when text becomes a part of a URL; the rest become `%XX`.
///
/// source    URL Standard (WHATWG), section 1.3
enum class PercentSet : std::uint8_t {
  control,   ///< only C0 controls, DEL and what is not ASCII are encoded: opaque hosts and paths
  fragment,  ///< and space `"` `<` `>` and the backquote
  query,     ///< control and space `"` `#` `<` `>`
  special_query,  ///< and the apostrophe: queries of http, https, ws, wss, ftp and file
  path,           ///< query and `?` `^` the backquote `{` `}`; a `/` stays
  userinfo,       ///< and `/` `:` `;` `=` `@` `[` `\` `]` `|`
  component,      ///< and `$` to `&`, `+` and `,`: what encodeURIComponent of browsers gives
  form,           ///< and `!` `'` to `)` and `~`: values of application/x-www-form-urlencoded
};

/// `text` (UTF-8; every octet that is not ASCII is encoded) with all but the characters of `set` as `%XX`.
[[nodiscard]] std::string percent_encode(std::string_view text, PercentSet set);
/// Each `%XX` as the octet it stands for; a percent sign without two hex digits stays. May hold any octet.
[[nodiscard]] std::string percent_decode(std::string_view text);

/// A URL after the URL Standard (WHATWG): parsed, resolved against a base, and written, as browsers do it.
/// An immutable value that is always valid; `about:blank` by default. Parts are in ASCII, percent-encoded.
///
/// limits    `text_bytes_max` octets of input; the text is at most three times as long
/// lifetime  views that the accessors return are valid as long as the URL is neither assigned nor destroyed
/// thread    any, like a string
/// source    URL Standard sections 4 (parsing, serialising), 3 (hosts); UTS 46 for names, by libidn2
class Url {
 public:
  static constexpr std::size_t text_bytes_max = std::size_t{1} << 20;

  Url();

  /// An absolute URL. White space at the ends is dropped, tabs and ends of lines are anywhere; invalid UTF-8
  /// reads as U+FFFD.
  ///
  /// errors    malformed, with the rule that is broken: no scheme, bad host, bad port; limit_exceeded
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  /// `reference` as seen from this URL: `../a?b`, `//host/`, `#c` or an absolute one.
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;

  /// The whole URL, as it is written.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Lower case, without the colon: `https`.
  [[nodiscard]] std::string_view scheme() const { return part(0, scheme_end_); }
  /// True for http, https, ws, wss, ftp and file, whose hosts are names or addresses and whose path begins
  /// with a slash.
  [[nodiscard]] bool is_special() const;
  [[nodiscard]] std::string_view username() const { return part(username_begin_, username_end_); }
  [[nodiscard]] std::string_view password() const;
  [[nodiscard]] bool has_credentials() const;
  /// False for `mailto:` and the like; `file:///` has an empty one.
  [[nodiscard]] bool has_host() const { return has_host_; }
  /// A name in its xn-- form, an address, an IPv6 address in brackets; or an opaque host as it came.
  [[nodiscard]] std::string_view host() const { return part(host_begin_, host_end_); }
  /// The address that the host is; empty for a name and an opaque host.
  [[nodiscard]] const std::optional<IpAddress>& address() const { return address_; }
  /// Empty if none was given, or the one that the scheme has anyway.
  [[nodiscard]] std::optional<std::uint16_t> port() const { return port_; }
  /// The port given, or that of the scheme: 80 for http and ws, 443 for https and wss, 21 for ftp.
  [[nodiscard]] std::optional<std::uint16_t> effective_port() const;
  /// With its first slash; empty only if the scheme is not special.
  [[nodiscard]] std::string_view path() const;
  /// True for `mailto:a@example.com`: nothing can be resolved against it but a fragment.
  [[nodiscard]] bool has_opaque_path() const { return has_opaque_path_; }
  /// Without the question mark; `http://a/?` has an empty one.
  [[nodiscard]] std::optional<std::string_view> query() const;
  /// Without the hash.
  [[nodiscard]] std::optional<std::string_view> fragment() const;

  /// What HTTP asks for: the path and the query (RFC 9112 3.2.1).
  [[nodiscard]] std::string_view target() const;
  /// `example.com:8080`: host, and the port if it is not the scheme's own, as in the Host field.
  [[nodiscard]] std::string_view authority() const;
  /// `https://example.com:8443`; `null` if the URL has no origin that another could share (RFC 6454).
  [[nodiscard]] std::string origin() const;
  /// Scheme, host and port are equal, and the origin is not `null`.
  [[nodiscard]] bool has_origin_of(const Url& other) const;

  /// The same URL with another part, encoded where it has to be; an empty optional takes the part away.
  [[nodiscard]] Url with_query(std::optional<std::string_view> query) const;
  [[nodiscard]] Url with_fragment(std::optional<std::string_view> fragment) const;
  /// Both empty: without. A URL without a host, or with an empty one, stays as it is.
  [[nodiscard]] Url with_credentials(std::string_view username, std::string_view password) const;
  /// http, https, ws and wss only, from one to another, as HSTS does; the port stays if one was given.
  ///
  /// errors    invalid_argument
  [[nodiscard]] Result<Url> with_scheme(std::string_view scheme) const;

  friend bool operator==(const Url& a, const Url& b) { return a.text_ == b.text_; }

 private:
  friend class UrlWriter;

  [[nodiscard]] std::string_view part(std::size_t begin, std::size_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }
  [[nodiscard]] std::size_t path_end() const;

  std::string text_;
  std::uint32_t scheme_end_ = 0;
  std::uint32_t username_begin_ = 0;
  std::uint32_t username_end_ = 0;
  std::uint32_t host_begin_ = 0;
  std::uint32_t host_end_ = 0;
  std::uint32_t path_begin_ = 0;
  std::uint32_t query_begin_ = 0;     // of the question mark; 0 = none
  std::uint32_t fragment_begin_ = 0;  // of the hash; 0 = none
  std::optional<std::uint16_t> port_;
  bool has_host_ = false;
  bool has_opaque_path_ = false;
  std::optional<IpAddress> address_;
};

/// `url.text()`.
[[nodiscard]] std::string to_string(const Url& url);

}  // namespace BOWLINE_API bowline
