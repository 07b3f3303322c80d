// CONNECT. What a proxy says is for this machine alone: no field and no octet of a body reaches whoever uses
// the tunnel.

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "core/proxy/tunnel.h"
#include "wire/http1/framing.h"
#include "wire/http1/parser.h"
#include "wire/http1/writer.h"

namespace bowline::core {

namespace {

constexpr std::size_t answer_octets_max = std::size_t{64} * 1024;  // heads and bodies together
constexpr std::size_t interim_max = 32;

std::string authority_of(const TunnelTarget& target) {
  const bool is_ipv6 = target.host.contains(':');
  return (is_ipv6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 502:
    case 503: return ErrorKind::unreachable;
    case 504: return ErrorKind::timed_out;
    default: return ErrorKind::refused;
  }
}

wire::Http1Parser::Limits answer_limits() {
  wire::Http1Parser::Limits limits;
  limits.head_bytes_max = answer_octets_max;
  limits.fields_max = 200;
  limits.trailer_bytes_max = std::size_t{4} * 1024;
  return limits;
}

class HttpTunnel final : public ProxyTunnel {
 public:
  HttpTunnel(TunnelTarget target, std::optional<ProxyLogin> login, std::string user_agent)
      : authority_(authority_of(target)),
        login_(std::move(login)),
        user_agent_(std::move(user_agent)),
        parser_(wire::Http1Parser::Role::responses, answer_limits()) {
    if (login_ && login_->known) challenge_ = login_->known;
  }

  Result<void> start() override { return ask(); }

  Result<std::size_t> take(std::span<const std::byte> bytes) override {
    std::span<const std::byte> rest = bytes;
    // The end of a message is told behind its last octet, with nothing left to take.
    while (!is_open_) {
      BOWLINE_TRY(const wire::Http1Parser::Step step, parser_.parse(rest));
      rest = rest.subspan(step.consumed);
      received_ += step.consumed;
      if (received_ > answer_octets_max)
        return Error(ErrorKind::limit_exceeded, "proxy", "the proxy's answer does not end");
      if (step.event == wire::Http1Parser::Event::head) BOWLINE_TRY_VOID(handle_head());
      if (step.event == wire::Http1Parser::Event::end) BOWLINE_TRY_VOID(handle_answer_end());
      if (step.event == wire::Http1Parser::Event::more) break;
    }
    return bytes.size() - rest.size();
  }

  Error handle_end() override {
    // It closed behind its challenge, without a word about it.
    if (is_answering_ || is_asking_again_) {
      wants_new_connection_ = true;
      return refusal(407, "Proxy Authentication Required");
    }
    return {ErrorKind::closed, "proxy", "the proxy ended the connection instead of an answer"};
  }

  [[nodiscard]] const Challenge* challenge() const override {
    return challenge_ ? &*challenge_ : nullptr;
  }
  [[nodiscard]] bool wants_new_connection() const override { return wants_new_connection_; }

 private:
  Result<void> ask() {
    wire::RequestHead head;
    head.method = "CONNECT";
    head.authority = authority_;
    head.path.clear();
    if (!user_agent_.empty()) BOWLINE_TRY_VOID(head.fields.add("User-Agent", user_agent_));
    was_answered_ = false;
    if (challenge_) {
      DigestRequest request;
      request.method = head.method;
      request.target = authority_;
      request.username = login_->username;
      request.password = login_->password;
      request.client_nonce = login_->client_nonce;
      request.count = ++login_->nonce_count;
      BOWLINE_TRY(const std::string text, answer_challenge(*challenge_, request, login_->hash));
      BOWLINE_TRY_VOID(head.fields.add("Proxy-Authorization", text));
      was_answered_ = true;
    }
    std::string text;
    BOWLINE_TRY_VOID(wire::write_request_head(text, head, {}));
    write(text);
    parser_.expect_response_to("CONNECT");
    return {};
  }

  Result<void> handle_head() {
    is_asking_again_ = false;
    const wire::ResponseHead& head = parser_.response();
    if (head.is_interim()) {
      if (++interims_ > interim_max)
        return Error(ErrorKind::protocol_violation, "proxy", "too many interim answers");
      return {};
    }
    if (head.status >= 200 && head.status < 300) {
      is_open_ = true;
      return {};
    }
    if (head.status != 407 || !wants_to_answer(head)) return refusal(head.status, head.reason);
    is_answering_ = true;
    const bool goes_on = wire::keeps_alive(head.version, head.fields) &&
                         !head.fields.has_member("proxy-connection", "close") &&
                         parser_.framing().kind != wire::BodyKind::until_close;
    if (goes_on) return {};
    wants_new_connection_ = true;
    return refusal(head.status, head.reason);
  }

  /// Behind a challenge: the same connection is good for another try.
  Result<void> handle_answer_end() {
    if (!std::exchange(is_answering_, false)) return {};
    is_asking_again_ = true;
    return ask();
  }

  /// Answers each challenge once; one that only says that the nonce was old counts as another.
  bool wants_to_answer(const wire::ResponseHead& head) {
    if (!login_) return false;
    auto best =
        strongest_challenge(head.fields.all("proxy-authenticate"), static_cast<bool>(login_->hash));
    if (!best || ++answers_ > 2) return false;
    const bool was_digest = was_answered_ && challenge_->scheme == "digest";
    if (was_digest && best->scheme == "basic") return false;
    // A nonce that is remembered from before may be too old without anybody saying so.
    const bool was_remembered = was_digest && answers_ == 1;
    if (was_answered_ && challenge_->scheme == best->scheme && !best->is_stale() && !was_remembered)
      return false;
    challenge_ = *std::move(best);
    login_->nonce_count = 0;
    return true;
  }

  [[nodiscard]] Error refusal(int status, std::string_view reason) const {
    std::string text = "the proxy answered " + std::to_string(status);
    if (!reason.empty()) text += " " + escape(reason, 100);
    if (status == 407)
      text +=
          login_ ? ": it did not take this user and password" : ": it wants a user and a password";
    return {kind_of(status), ErrorDomain::http, status, "proxy", std::move(text)};
  }

  const std::string authority_;
  std::optional<ProxyLogin> login_;
  const std::string user_agent_;
  wire::Http1Parser parser_;
  std::optional<Challenge> challenge_;
  std::size_t received_ = 0;
  std::size_t interims_ = 0;
  unsigned answers_ = 0;
  bool was_answered_ = false;     // the request that is under way says who we are
  bool is_answering_ = false;     // the next one does
  bool is_asking_again_ = false;  // and nothing has come since
  bool wants_new_connection_ = false;
};

}  // namespace

void ProxyTunnel::write(std::string_view bytes) {
  output_.erase(0, std::exchange(written_, 0));
  output_ += bytes;
}

std::unique_ptr<ProxyTunnel> make_http_tunnel(TunnelTarget target, std::optional<ProxyLogin> login,
                                              std::string user_agent) {
  return std::make_unique<HttpTunnel>(std::move(target), std::move(login), std::move(user_agent));
}

}  // namespace bowline::core
