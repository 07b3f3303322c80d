#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/gnutls/engine.h"
#include "input.h"
#include "require.h"

// Two ends of TLS or DTLS, and somebody between them who drops, changes, repeats and makes up what they
// say: no crash, no way without an end, and nothing is ever read that the other end did not write.

namespace {

using namespace bowline;
using ports::TlsState;
using Bytes = std::vector<std::byte>;

class StandingDay final : public ports::WallClock {
 public:
  [[nodiscard]] ports::WallTime now() const override {
    return std::chrono::sys_days(std::chrono::year(2026) / 12 / 15);
  }
};

/// Nobody shows a certificate here: both have a key.
class Nobody final : public ports::TlsVerifier {
 public:
  [[nodiscard]] std::optional<ports::TlsVerdict> verify(ports::TlsSession&,
                                                        const ports::TlsQuestion&,
                                                        ports::WallTime) override {
    return ports::TlsVerdict{false, Error(ErrorKind::untrusted, "fuzz", "nobody is trusted"), 42};
  }
  void forget(ports::TlsSession&) override {}
};

struct End {
  std::unique_ptr<ports::TlsSession> session;
  std::string written;                ///< of a stream, all
  std::vector<std::string> messages;  ///< of datagrams
  std::string read;
  std::vector<Bytes> sent;  ///< on its way to the other
};

class Conversation {
 public:
  Conversation(fuzz::Input input, bool datagrams) : input_(input), datagrams_(datagrams) {
    for (const auto role : {ports::TlsRole::client, ports::TlsRole::server}) {
      auto configuration = std::make_shared<ports::TlsConfiguration>();
      if (datagrams) configuration->transport = ports::TlsTransport::datagrams;
      configuration->verifier = std::make_shared<Nobody>();
      configuration->preshared_keys = {{"fuzz", Bytes(32, std::byte{7})}};
      ports::TlsParameters parameters;
      parameters.role = role;
      if (role == ports::TlsRole::client) parameters.peer_name = "host.test";
      auto made = engine().make_session(configuration, std::move(parameters));
      require(made.has_value());
      ends_[static_cast<std::size_t>(role)].session = *std::move(made);
    }
    for (End& end : ends_) end.session->start(now_);
  }

  void run() {
    constexpr int steps_max = 200;
    for (int step = 0; step < steps_max && !input_.empty(); ++step) {
      const std::size_t who = input_.below(2);
      End& end = ends_[who];
      End& other = ends_[1 - who];
      switch (input_.below(8)) {
        case 0:
        case 1: exchange(); break;
        case 2: feed(end, input_.take(1 + input_.below(255))); break;
        case 3: meddle(other); break;
        case 4: write(end); break;
        case 5: end.session->end(); break;
        case 6: pass_time(); break;
        case 7:
          if (!datagrams_) static_cast<void>(end.session->take_end());
          break;
      }
      for (End& one : ends_) collect(one);
    }
  }

 private:
  static ports::TlsEngine& engine() {
    static const StandingDay day;
    static SeededRandom random(1);
    static const std::unique_ptr<ports::TlsEngine> made = crypto::make_engine(day, random);
    return *made;
  }

  void collect(End& end) {
    std::array<std::byte, 4096> room;
    for (int i = 0; i < 64 && end.session->has_ciphertext(); ++i) {
      const std::size_t given = end.session->give_ciphertext(room);
      require(given <= room.size());
      if (given == 0) break;
      end.sent.emplace_back(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(given));
    }
    if (end.sent.size() > 64) end.sent.erase(end.sent.begin(), end.sent.end() - 64);
    if (end.session->state() == TlsState::failed) require(end.session->error() != nullptr);
  }

  void read(End& end) {
    const End& other = &end == ends_.data() ? ends_[1] : ends_[0];
    std::array<std::byte, 20'000> room;
    for (int i = 0; i < 64; ++i) {
      const auto got = end.session->read_plaintext(room);
      if (!got.has_value() || *got == 0) return;
      require(*got <= room.size());
      const std::string text(as_text(std::span(room).first(*got)));
      if (datagrams_) {
        require(std::ranges::find(other.messages, text) != other.messages.end());
      } else {
        end.read += text;
        require(other.written.starts_with(end.read));
      }
    }
  }

  void feed(End& end, std::span<const std::byte> bytes) {
    for (int i = 0; i < 64 && !bytes.empty(); ++i) {
      const auto taken = end.session->take_ciphertext(bytes, now_);
      read(end);
      if (!taken.has_value()) return;
      require(*taken <= bytes.size());
      if (datagrams_ && *taken > 0) return;
      bytes = bytes.subspan(*taken);
    }
  }

  /// All that is on its way arrives.
  void exchange() {
    for (const std::size_t who : {std::size_t{0}, std::size_t{1}}) {
      collect(ends_[who]);
      const auto sent = std::exchange(ends_[who].sent, {});
      for (const Bytes& bytes : sent) feed(ends_[1 - who], bytes);
      collect(ends_[1 - who]);
    }
  }

  /// The oldest piece from `end` is changed, repeated or lost.
  void meddle(End& end) {
    collect(end);
    if (end.sent.empty()) return;
    End& other = &end == ends_.data() ? ends_[1] : ends_[0];
    Bytes bytes = end.sent.front();
    end.sent.erase(end.sent.begin());
    switch (input_.below(4)) {
      case 0: return;
      case 1: feed(other, bytes); break;
      case 2: bytes.resize(input_.below(255) % (bytes.size() + 1)); break;
      default: break;
    }
    if (!bytes.empty())
      bytes[(input_.below(255) * 7) % bytes.size()] ^= static_cast<std::byte>(input_.below(256));
    feed(other, bytes);
  }

  void write(End& end) {
    const std::string text(1 + input_.below(200), static_cast<char>('a' + input_.below(26)));
    std::array<std::byte, 4096> room;
    const auto done = end.session->write_plaintext(as_bytes(text), room);
    if (!done.has_value() || done->consumed == 0) return;
    require(done->consumed <= text.size() && done->produced <= room.size());
    end.written += text.substr(0, done->consumed);
    end.messages.push_back(text);
    if (done->produced > 0)
      end.sent.emplace_back(room.begin(),
                            room.begin() + static_cast<std::ptrdiff_t>(done->produced));
  }

  void pass_time() {
    now_ += std::chrono::milliseconds(100 * (1 + input_.below(40)));
    for (End& end : ends_) end.session->handle_timeout(now_);
  }

  fuzz::Input input_;
  bool datagrams_;
  Instant now_{std::chrono::seconds(1)};
  std::array<End, 2> ends_;
};

}  // namespace

int fuzz_tls_records(std::span<const std::byte> bytes);
int fuzz_tls_records(std::span<const std::byte> bytes) {
  fuzz::Input input(bytes);
  const bool datagrams = input.below(2) == 1;
  Conversation(input, datagrams).run();
  return 0;
}
