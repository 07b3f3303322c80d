// SOCKS5: RFC 1928, and RFC 1929 for user and password.

#include <array>
#include <utility>

#include <bowline/address.h>

#include "core/proxy/tunnel.h"

namespace bowline::core {

namespace {

constexpr char version = 5;
constexpr char login_version = 1;
constexpr char method_none = 0;
constexpr char method_login = 2;
constexpr std::size_t text_octets_max = 255;

enum class AddressForm : unsigned char { ipv4 = 1, name = 3, ipv6 = 4 };

struct SocksReply {
  ErrorKind kind;
  const char* text;
};

SocksReply meaning_of(unsigned code) {
  static constexpr std::array<SocksReply, 9> replies{
      SocksReply{ErrorKind::protocol_violation, "succeeded"},
      SocksReply{ErrorKind::unreachable, "the proxy failed, and does not say at what"},
      SocksReply{ErrorKind::permission_denied, "the proxy's rules do not allow it"},
      SocksReply{ErrorKind::unreachable, "the proxy has no way to that network"},
      SocksReply{ErrorKind::unreachable, "the proxy cannot reach that host"},
      SocksReply{ErrorKind::refused, "the host refused the proxy's connection"},
      SocksReply{ErrorKind::timed_out, "the proxy's connection took too long"},
      SocksReply{ErrorKind::unsupported, "the proxy makes no connections for others"},
      SocksReply{ErrorKind::unsupported, "the proxy does not know such addresses"}};
  if (code < replies.size()) return replies[code];
  return {ErrorKind::refused, "the proxy refused, for a reason that has no name"};
}

Error violation(const char* rule) { return {ErrorKind::protocol_violation, "proxy", rule}; }

std::string with_length(std::string_view text) {
  return static_cast<char>(static_cast<unsigned char>(text.size())) + std::string(text);
}

class SocksTunnel final : public ProxyTunnel {
 public:
  SocksTunnel(TunnelTarget target, std::optional<ProxyLogin> login)
      : target_(std::move(target)), login_(std::move(login)) {}

  Result<void> start() override {
    BOWLINE_TRY(request_, connect_request());
    if (login_ && (login_->username.empty() || login_->username.size() > text_octets_max ||
                   login_->password.empty() || login_->password.size() > text_octets_max))
      return Error(ErrorKind::invalid_argument, "proxy",
                   "user and password have 1 to 255 octets for SOCKS5");
    std::string methods{method_none};
    if (login_) methods += method_login;
    write(version + with_length(methods));
    return {};
  }

  Result<std::size_t> take(std::span<const std::byte> bytes) override {
    std::size_t taken = 0;
    while (!is_open_ && taken < bytes.size()) {
      // Exactly what an answer has: what follows is the peer's.
      have_ += static_cast<char>(bytes[taken++]);
      if (have_.size() < wanted()) continue;
      BOWLINE_TRY_VOID(advance());
    }
    return taken;
  }

  Error handle_end() override {
    if (state_ == State::login)
      return {ErrorKind::refused, "proxy", "the proxy did not take this user and password"};
    return {ErrorKind::closed, "proxy", "the proxy ended the connection instead of an answer"};
  }

 private:
  enum class State : std::uint8_t { greeting, login, reply };

  Result<std::string> connect_request() const {
    std::string text{version, 1, 0};
    const auto address = IpAddress::parse(target_.host);
    if (address.has_value()) {
      const auto octets = address->octets();
      text += static_cast<char>(octets.size() == 4 ? AddressForm::ipv4 : AddressForm::ipv6);
      for (const auto octet : octets) text += static_cast<char>(octet);
    } else {
      if (target_.host.empty() || target_.host.size() > text_octets_max)
        return Error(ErrorKind::invalid_argument, "proxy", "a name has 1 to 255 octets for SOCKS5")
            .about(target_.host);
      text += static_cast<char>(AddressForm::name) + with_length(target_.host);
    }
    text += static_cast<char>(static_cast<unsigned char>(target_.port >> 8U));
    text += static_cast<char>(static_cast<unsigned char>(target_.port & 255U));
    return text;
  }

  /// How many octets the answer has, as far as its beginning tells.
  [[nodiscard]] std::size_t wanted() const {
    if (state_ != State::reply) return 2;
    if (have_.size() < 5) return have_.size() >= 2 && have_[1] != 0 ? 2 : 5;
    switch (static_cast<AddressForm>(have_[3])) {
      case AddressForm::ipv4: return 4 + 4 + 2;
      case AddressForm::ipv6: return 4 + 16 + 2;
      case AddressForm::name: return 4 + 1 + static_cast<unsigned char>(have_[4]) + 2U;
    }
    return 5;  // nothing that is known: judged as it is
  }

  Result<void> advance() {
    const std::string answer = std::exchange(have_, {});
    if (answer[0] != (state_ == State::login ? login_version : version))
      return violation("what answers is no SOCKS5 proxy");
    switch (state_) {
      case State::greeting: return take_method(answer[1]);
      case State::login:
        if (answer[1] != 0)
          return Error(ErrorKind::refused, "proxy",
                       "the proxy did not take this user and password");
        return ask();
      case State::reply: return take_reply(answer);
    }
    return {};
  }

  Result<void> take_method(char method) {
    if (method == method_none) return ask();
    if (method == method_login && login_) {
      state_ = State::login;
      write(login_version + with_length(login_->username) + with_length(login_->password));
      return {};
    }
    if (static_cast<unsigned char>(method) != 0xff)
      return violation("the proxy chose a method that was not offered");
    return Error(ErrorKind::refused, "proxy",
                 login_ ? "the proxy accepts neither a password nor nobody"
                        : "the proxy wants a user and a password");
  }

  Result<void> ask() {
    state_ = State::reply;
    write(request_);
    return {};
  }

  Result<void> take_reply(const std::string& answer) {
    const auto code = static_cast<unsigned char>(answer[1]);
    if (code != 0) {
      const SocksReply meaning = meaning_of(code);
      return Error(meaning.kind, ErrorDomain::bowline, 0, "proxy", meaning.text)
          .about(target_.host);
    }
    const auto form = static_cast<AddressForm>(answer[3]);
    if (form != AddressForm::ipv4 && form != AddressForm::ipv6 && form != AddressForm::name)
      return violation("the proxy's answer has an address of no known form");
    is_open_ = true;
    return {};
  }

  const TunnelTarget target_;
  const std::optional<ProxyLogin> login_;
  std::string request_;
  std::string have_;
  State state_ = State::greeting;
};

}  // namespace

std::unique_ptr<ProxyTunnel> make_socks_tunnel(TunnelTarget target,
                                               std::optional<ProxyLogin> login) {
  return std::make_unique<SocksTunnel>(std::move(target), std::move(login));
}

}  // namespace bowline::core
