#pragma once

#include <bowline/buffer.h>
#include <bowline/export.h>
#include <bowline/http_fields.h>
#include <bowline/result.h>
#include <bowline/time.h>
#include <bowline/url.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::session {
struct RequestFacts;
}

namespace BOWLINE_API bowline {

/// How much a task trusts what is stored.
enum class CachePolicy : std::uint8_t {
  by_protocol,    ///< as RFC 9111 says
  reload,         ///< nothing stored is used, and caches on the way are asked not to
  prefer_stored,  ///< what is stored, however old; else the network
  only_stored,    ///< what is stored, or an answer 504 of our own
  validate,       ///< the origin is asked in any case
  none,           ///< nothing is looked up, and nothing kept
};

/// Which versions of HTTP may be spoken.
enum class HttpChoice : std::uint8_t { any, http1, http2 };

/// Where a callback that supplies a body puts its next piece, or the error that ends the task; an empty
/// buffer is the end of the body. Called once, at once or later, on the loop's thread.
using UrlBodyAnswer = std::move_only_function<void(Result<Buffer> piece)>;
/// Asked for a piece of a body at `offset`, of at most `octets_max`; one at a time.
using UrlBodySource = std::move_only_function<void(std::uint64_t offset, std::size_t octets_max,
                                                   UrlBodyAnswer answer)>;

/// One part of multipart/form-data.
class FormField {
 public:
  FormField(std::string name, std::string value);
  /// The content of a file, read when it is sent; `content_type` may be empty.
  [[nodiscard]] static FormField file(std::string name, std::string path,
                                      std::string content_type = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& content_type() const { return content_type_; }

 private:
  std::string name_;
  std::string value_;
  std::string path_;
  std::string content_type_;
};

/// What an interrupted download needs to go on: opaque text, safe to store. It is spent once it was used.
class ResumeData {
 public:
  ResumeData() = default;
  explicit ResumeData(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

/// What is asked for: a value; setters chain. What cannot be sent fails the task, with an error about it.
///
/// Where session and request say something about the same, the request may tighten, never loosen.
class UrlRequest {
 public:
  explicit UrlRequest(const Url& url);
  /// A URL that does not parse fails the task.
  explicit UrlRequest(std::string_view url);

  UrlRequest& method(std::string method);
  /// Takes the place of the session's field of that name.
  UrlRequest& field(std::string_view name, std::string_view value);
  /// Adds one more of that name.
  UrlRequest& add_field(std::string_view name, std::string_view value);

  // The body; the last one said counts. Without method(), a body makes it POST.
  UrlRequest& body(std::string bytes, std::string_view content_type = {});
  UrlRequest& body(Buffer bytes, std::string_view content_type = {});
  /// Read while it is sent; a file that changes meanwhile fails the task.
  UrlRequest& body_file(std::string path, std::string_view content_type = {});
  /// Asked piece by piece, from any offset: redirects and challenges begin again. Without `octets` the length
  /// is found out on the way.
  UrlRequest& body_from(UrlBodySource source, std::optional<std::uint64_t> octets = {},
                        std::string_view content_type = {});
  /// application/x-www-form-urlencoded.
  UrlRequest& form(const std::vector<std::pair<std::string, std::string>>& fields);
  UrlRequest& multipart(std::vector<FormField> fields);
  /// The body waits for the server's leave, but not for longer than a second (RFC 9110 10.1.1).
  UrlRequest& expect_continue(bool value = true);

  /// The response's body goes to this file: written beside it, made durable, then moved to its place, which a
  /// successful answer replaces. Other statuses leave it alone and fill body().
  UrlRequest& to_file(std::string path);
  /// Goes on with an interrupted download to the same file.
  UrlRequest& resume(const ResumeData& data);
  /// The most octets of a body that is kept in memory: 64 MiB unless set; more fails the task.
  UrlRequest& body_octets_max(std::uint64_t octets);
  /// Bodies come out of their coding, and codings are asked for: yes unless said otherwise.
  UrlRequest& decode(bool value);

  UrlRequest& basic(std::string username, std::string password);
  UrlRequest& bearer(std::string token);
  /// 20 unless set; 0: the redirect itself is the answer.
  UrlRequest& redirects_max(std::size_t hops);
  UrlRequest& cache(CachePolicy policy);
  UrlRequest& versions(HttpChoice choice);
  /// Without progress for so long, the task fails: 60 s unless the session says otherwise.
  UrlRequest& idle_timeout(Duration value);
  /// The whole task, with all that it waits for; 7 days unless the session says otherwise.
  UrlRequest& total_timeout(Duration value);
  /// From 0 (last) to 1 (first); 0.5 unless set. A hint, to our pool and to the server (RFC 9218).
  UrlRequest& priority(double value);
  /// The top-level site on whose behalf this is: cookies, cache and connections are kept apart by it.
  UrlRequest& partition(std::string site);
  /// As in SessionConfiguration, which a request can only tighten.
  UrlRequest& allow_expensive(bool value);
  UrlRequest& allow_constrained(bool value);
  /// Neither sends nor keeps cookies.
  UrlRequest& cookies(bool value);
  /// Each interim response (1xx but 101), as it comes.
  UrlRequest& on_interim(std::function<void(int status, const HttpFields& fields)> handler);

  /// For the library.
  [[nodiscard]] const std::shared_ptr<session::RequestFacts>& facts() const { return facts_; }

 private:
  session::RequestFacts& change();
  std::shared_ptr<session::RequestFacts> facts_;
};

}  // namespace BOWLINE_API bowline
