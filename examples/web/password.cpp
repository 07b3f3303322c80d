// Asks the user for a password when a server wants one, and only then.

#include "local_server.h"

using namespace bowline;

namespace {

void guard(HttpExchange exchange) {
  // "ann:sesame"
  if (exchange.field("authorization") == "Basic YW5uOnNlc2FtZQ==") {
    static_cast<void>(exchange.respond(200, {}, "the treasure"));
    return;
  }
  static_cast<void>(
      exchange.respond(401, {{"WWW-Authenticate", "Basic realm=\"the cave\""}}, "who is there?"));
}

Task<bool> open_sesame(UrlSession session, std::string url) {
  for (int i = 0; i < 2; ++i) {
    const Result<UrlResponse> response = co_await session.get(url);
    if (!response.has_value() || response->status() != 200) co_return false;
    std::printf("%.*s, after %zu requests\n", static_cast<int>(response->text().size()),
                response->text().data(), response->metrics().transactions().size());
  }
  co_return true;
}

}  // namespace

int main() {
  Loop loop;
  const HttpListener server = serve_here(loop, guard);
  int questions = 0;
  SessionConfiguration configuration;
  configuration.on_authentication([&](const AuthenticationQuestion& question) {
    std::printf("%s wants to know for \"%s\", by %s\n", question.origin().c_str(),
                question.realm().c_str(), question.scheme().c_str());
    ++questions;
    // A program would ask here; nothing means giving up, and the 401 is the answer then.
    return question.failures() == 0 ? std::optional(Credential("ann", "sesame")) : std::nullopt;
  });
  const UrlSession session(loop, configuration);
  const int outcome = run(loop, open_sesame(session, url_of(server, "/")));
  return outcome == 0 && questions == 1 ? 0 : 1;
}
