// Every framer of the library: octets in any pieces give the same messages, and messages that it writes
// come back as they went.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/framing/framer_chain.h"
#include "core/framing/framers.h"
#include "core/framing/length_prefix.h"
#include "core/framing/lines.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;

std::vector<std::unique_ptr<Framer>> one_framer(std::size_t which) {
  constexpr std::size_t bytes_max = 1024;
  std::vector<std::unique_ptr<Framer>> made;
  switch (which) {
    case 0: made.push_back(make_tlv_framer(TlvFraming().message_bytes_max(bytes_max))); break;
    case 1:
      made.push_back(make_tlv_framer(
          TlvFraming().type_bytes(4).length_bytes(4).little_endian(true).message_bytes_max(
              bytes_max)));
      break;
    case 2: made.push_back(make_varint_framer(VarintPrefix().message_bytes_max(bytes_max))); break;
    case 3: made.push_back(make_slip_framer(SlipFraming().message_bytes_max(bytes_max))); break;
    case 4: made.push_back(make_cobs_framer(CobsFraming().message_bytes_max(bytes_max))); break;
    case 5: made.push_back(make_json_framer(JsonFraming().message_bytes_max(bytes_max))); break;
    case 6:
      made.push_back(
          make_json_framer(JsonFraming().text_sequence(true).message_bytes_max(bytes_max)));
      break;
    case 7:
      made.push_back(make_slip_framer(SlipFraming().skip_damaged(true).message_bytes_max(64)));
      break;
    case 8:
      made.push_back(make_length_prefix_framer(LengthPrefix().message_bytes_max(bytes_max)));
      break;
    default: made.push_back(make_line_framer(LineFraming().line_bytes_max(bytes_max))); break;
  }
  return made;
}

class FramerReading {
 public:
  explicit FramerReading(std::size_t which) : chain_(one_framer(which), {}) {
    chain_.start(now_);
    drain();
  }
  void input(std::span<const std::byte> bytes) {
    chain_.handle_input(Buffer::copy_of(bytes), now_);
    drain();
  }
  void end() {
    chain_.handle_end(now_);
    drain();
  }
  bool send(std::span<const std::byte> message) {
    const bool sent = chain_.send(message, {}, now_).has_value();
    drain();
    return sent;
  }
  [[nodiscard]] std::vector<std::byte> written() { return chain_.take_unwritten(); }
  [[nodiscard]] const std::vector<std::string>& messages() const { return messages_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  void drain() {
    while (auto output = chain_.poll()) {
      if (const auto* delivered = std::get_if<FramerChain::Delivered>(&*output)) {
        require(delivered->bytes.size() <= 1024 && delivered->message.is_complete());
        messages_.emplace_back(delivered->bytes.text());
      }
      has_failed_ = has_failed_ || std::holds_alternative<FramerChain::Failed>(*output);
    }
  }

  const Instant now_{std::chrono::seconds(1)};
  FramerChain chain_;
  std::vector<std::string> messages_;
  bool has_failed_ = false;
};

}  // namespace

int fuzz_framers(std::span<const std::byte> bytes) {
  fuzz::Input input(bytes);
  const std::size_t which = input.below(10);
  const std::size_t cut = 1 + input.below(16);
  const auto rest = input.take(bytes.size());

  FramerReading whole(which);
  whole.input(rest);
  whole.end();
  FramerReading cut_up(which);
  for (std::size_t at = 0; at < rest.size(); at += cut)
    cut_up.input(rest.subspan(at, std::min(cut, rest.size() - at)));
  cut_up.end();
  require(whole.has_failed() == cut_up.has_failed());
  require(whole.messages() == cut_up.messages());

  FramerReading sender(which);
  FramerReading receiver(which);
  if (sender.send(rest)) {
    receiver.input(sender.written());
    require(!receiver.has_failed() && receiver.messages().size() == 1);
    require(std::as_bytes(std::span(receiver.messages().front())).size() == rest.size());
  }
  return 0;
}
