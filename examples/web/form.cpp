// Sends forms: as a query string, and as multipart/form-data.

#include "local_server.h"

using namespace bowline;

namespace {

Task<> show(HttpExchange exchange) {
  const std::string type(exchange.field("content-type"));
  const Result<Buffer> body = co_await exchange.receive_all(64 * 1024);
  if (!body.has_value()) co_return;
  static_cast<void>(exchange.respond(200, {}, type + "\n" + std::string(body->text())));
}

Task<bool> send(UrlSession session, std::string url) {
  UrlRequest simple(url);
  simple.form({{"name", "Ann & Bob"}, {"city", "Zürich"}});
  const Result<UrlResponse> first = co_await session.fetch(simple);
  if (!first.has_value()) co_return false;
  std::printf("%.*s\n\n", static_cast<int>(first->text().size()), first->text().data());

  std::vector<FormField> fields;
  fields.emplace_back("title", "a photo");
  fields.push_back(FormField("caption", "two \"quotes\""));
  UrlRequest multipart(url);
  multipart.multipart(std::move(fields));
  const Result<UrlResponse> second = co_await session.fetch(multipart);
  if (!second.has_value()) co_return false;
  std::printf("%.*s\n", static_cast<int>(second->text().size()), second->text().data());
  co_return first->text().ends_with("name=Ann+%26+Bob&city=Z%C3%BCrich") &&
      second->text().starts_with("multipart/form-data; boundary=");
}

}  // namespace

int main() {
  Loop loop;
  const HttpListener server =
      serve_here(loop, [](HttpExchange exchange) { spawn(show(std::move(exchange))); });
  const UrlSession session(loop);
  return run(loop, send(session, url_of(server, "/form")));
}
