#include <bowline/url_request.h>

#include <algorithm>
#include <utility>

#include "core/http/rules/challenge.h"
#include "core/http/rules/multipart.h"
#include "session/client/facts.h"
#include "wire/http/characters.h"
#include "wire/http/message.h"

namespace bowline {

using session::RequestFacts;

namespace {

void note(RequestFacts& facts, Error error) {
  if (!facts.error) facts.error = std::move(error);
}

/// The machines write these, and nobody else may.
void put_field(RequestFacts& facts, std::string_view name, std::string_view value, bool replaces) {
  if (wire::is_hop_field(name) || wire::equal_without_case(name, "content-length") ||
      wire::equal_without_case(name, "host") ||
      wire::equal_without_case(name, "proxy-authorization")) {
    return note(facts, Error(ErrorKind::invalid_argument, "request",
                             "this field is written by the session itself")
                           .about(std::string(name)));
  }
  const auto put = replaces ? facts.fields.set(name, value) : facts.fields.add(name, value);
  if (!put.has_value()) note(facts, put.error());
}

}  // namespace

FormField::FormField(std::string name, std::string value)
    : name_(std::move(name)), value_(std::move(value)) {}

FormField FormField::file(std::string name, std::string path, std::string content_type) {
  FormField made(std::move(name), {});
  made.path_ = std::move(path);
  made.content_type_ = std::move(content_type);
  return made;
}

UrlRequest::UrlRequest(const Url& url) : facts_(std::make_shared<RequestFacts>()) {
  facts_->url = url;
}

UrlRequest::UrlRequest(std::string_view url) : facts_(std::make_shared<RequestFacts>()) {
  auto parsed = Url::parse(url);
  if (parsed.has_value()) {
    facts_->url = *std::move(parsed);
  } else {
    facts_->error = std::move(parsed).error();
  }
}

RequestFacts& UrlRequest::change() {
  if (facts_.use_count() > 1) facts_ = std::make_shared<RequestFacts>(*facts_);
  return *facts_;
}

UrlRequest& UrlRequest::method(std::string method) {
  change().method = std::move(method);
  return *this;
}

UrlRequest& UrlRequest::field(std::string_view name, std::string_view value) {
  put_field(change(), name, value, true);
  return *this;
}

UrlRequest& UrlRequest::add_field(std::string_view name, std::string_view value) {
  put_field(change(), name, value, false);
  return *this;
}

UrlRequest& UrlRequest::body(std::string bytes, std::string_view content_type) {
  return body(Buffer::own(std::move(bytes)), content_type);
}

UrlRequest& UrlRequest::body(Buffer bytes, std::string_view content_type) {
  RequestFacts& facts = change();
  facts.body = session::MemoryBody{std::move(bytes)};
  facts.content_type = content_type;
  return *this;
}

UrlRequest& UrlRequest::body_file(std::string path, std::string_view content_type) {
  RequestFacts& facts = change();
  facts.body = session::FileBody{std::move(path)};
  facts.content_type = content_type;
  return *this;
}

UrlRequest& UrlRequest::body_from(UrlBodySource source, std::optional<std::uint64_t> octets,
                                  std::string_view content_type) {
  RequestFacts& facts = change();
  facts.body = session::CallbackBody{std::make_shared<UrlBodySource>(std::move(source)), octets};
  facts.content_type = content_type;
  return *this;
}

UrlRequest& UrlRequest::form(const std::vector<std::pair<std::string, std::string>>& fields) {
  return body(core::write_form(fields), "application/x-www-form-urlencoded");
}

UrlRequest& UrlRequest::multipart(std::vector<FormField> fields) {
  change().body = session::FormBody{std::move(fields)};
  return *this;
}

UrlRequest& UrlRequest::expect_continue(bool value) {
  change().expects_continue = value;
  return *this;
}

UrlRequest& UrlRequest::to_file(std::string path) {
  change().file = std::move(path);
  return *this;
}

UrlRequest& UrlRequest::resume(const ResumeData& data) {
  change().resume = data;
  return *this;
}

UrlRequest& UrlRequest::body_octets_max(std::uint64_t octets) {
  change().body_octets_max = octets;
  return *this;
}

UrlRequest& UrlRequest::decode(bool value) {
  change().decode = value;
  return *this;
}

UrlRequest& UrlRequest::basic(std::string username, std::string password) {
  RequestFacts& facts = change();
  if (auto checked = core::basic_credentials(username, password); !checked.has_value())
    note(facts, checked.error());
  facts.credential = Credential(std::move(username), std::move(password));
  return *this;
}

UrlRequest& UrlRequest::bearer(std::string token) {
  RequestFacts& facts = change();
  if (auto checked = core::bearer_credentials(token); !checked.has_value())
    note(facts, checked.error());
  facts.bearer = std::move(token);
  return *this;
}

UrlRequest& UrlRequest::redirects_max(std::size_t hops) {
  change().redirects_max = hops;
  return *this;
}

UrlRequest& UrlRequest::cache(CachePolicy policy) {
  change().cache = policy;
  return *this;
}

UrlRequest& UrlRequest::versions(HttpChoice choice) {
  change().versions = choice;
  return *this;
}

UrlRequest& UrlRequest::idle_timeout(Duration value) {
  change().idle_timeout = bounded(value);
  return *this;
}

UrlRequest& UrlRequest::total_timeout(Duration value) {
  change().total_timeout = bounded(value);
  return *this;
}

UrlRequest& UrlRequest::priority(double value) {
  change().priority = std::clamp(value, 0.0, 1.0);
  return *this;
}

UrlRequest& UrlRequest::partition(std::string site) {
  change().partition = std::move(site);
  return *this;
}

UrlRequest& UrlRequest::allow_expensive(bool value) {
  if (!value) note(change(), session::unknown_networks("allow_expensive"));
  return *this;
}

UrlRequest& UrlRequest::allow_constrained(bool value) {
  if (!value) note(change(), session::unknown_networks("allow_constrained"));
  return *this;
}

UrlRequest& UrlRequest::cookies(bool value) {
  change().cookies = value;
  return *this;
}

UrlRequest& UrlRequest::on_interim(
    std::function<void(int status, const HttpFields& fields)> handler) {
  change().on_interim = std::move(handler);
  return *this;
}

}  // namespace bowline
