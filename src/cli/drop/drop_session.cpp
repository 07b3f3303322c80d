#include "cli/drop/drop_session.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

constexpr std::size_t drop_piece_bytes = std::size_t{256} * 1024;
constexpr std::size_t waiting_files_max = 1000;

Error odd_browser(const char* what) { return Error(ErrorKind::protocol_violation, "drop", what); }

std::string_view take_word(std::string_view& rest) {
  const std::size_t space = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(std::min(rest.size(), space + 1));
  return word;
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// In the same time whatever differs.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

}  // namespace

DropSession::DropSession(const House& house, WebSocketConnection connection,
                         std::function<void(DropSession&, bool)> ended)
    : house_(house), connection_(std::move(connection)), ended_(std::move(ended)) {}

void DropSession::receive_next() {
  receiving_ = connection_.receive();
  receiving_.start([this](Result<Message> got) {
    if (!got.has_value() || got->end_of_stream()) return end();
    const Result<void> handled = handle(*got);
    if (handled.has_value()) return receive_next();
    house_.tell(to_string(handled.error()));
    say("no " + handled.error().message());
    goodbye_ = connection_.close(1008);
    goodbye_.start([this](const Result<void>&) { end(); });
  });
}

void DropSession::end() {
  if (incoming_) house_.tell(safe(incoming_->name()) + " was cut off, and is dropped");
  incoming_.reset();
  sending_ = {};
  goodbye_ = connection_.close();
  goodbye_.start([this](const Result<void>&) {
    const auto ended = ended_;  // which destroys this
    ended(*this, is_welcome_);
  });
}

Result<void> DropSession::handle(const Message& message) {
  if (message.context().kind() == MessageKind::text) return handle_line(message.text());
  if (!incoming_) return odd_browser("octets of no file");
  BOWLINE_TRY_VOID(incoming_->write(message.bytes()));
  house_.progress(incoming_->name(), incoming_->written(), incoming_->size());
  return {};
}

Result<void> DropSession::handle_line(std::string_view line) {
  const std::string_view word = take_word(line);
  if (word == "pin") return handle_pin(line);
  if (!is_welcome_) return odd_browser("the PIN comes first");
  if (word == "put") return begin_file(line);
  if (word == "end") return end_file();
  if (word == "get") return send_file(line);
  return odd_browser("a word that nobody knows");
}

Result<void> DropSession::handle_pin(std::string_view pin) {
  if (!is_same(pin, house_.pin)) {
    house_.wrong_pin();
    return Error(ErrorKind::refused, "drop", "the PIN is wrong");
  }
  if (std::exchange(is_welcome_, true)) return {};
  house_.tell("a browser has the PIN");
  for (const OfferedFile& file : house_.offered)
    say("offer " + std::to_string(file.size) + " " + file.name);
  say("ready");
  return {};
}

Result<void> DropSession::begin_file(std::string_view words) {
  const auto size = read_number(take_word(words));
  if (!size || incoming_) return odd_browser("a file without a size, or inside another");
  BOWLINE_TRY(incoming_, IncomingFile::create(house_.folder, words, *size));
  return {};
}

Result<void> DropSession::end_file() {
  if (!incoming_) return odd_browser("the end of no file");
  BOWLINE_TRY(const std::string path, incoming_->finish());
  house_.tell("got " + safe(path) + ", " + std::to_string(incoming_->size()) + " bytes");
  say("got " + std::to_string(incoming_->size()) + " " + incoming_->name());
  incoming_.reset();
  return {};
}

Result<void> DropSession::send_file(std::string_view index) {
  const auto number = read_number(index);
  if (!number || *number >= house_.offered.size()) return odd_browser("there is no such file");
  if (waiting_.size() >= waiting_files_max) return odd_browser("too many files at once");
  waiting_.push_back(static_cast<std::size_t>(*number));
  if (!outgoing_) send_piece();
  return {};
}

/// The next octets once there is room for them.
void DropSession::send_piece() {
  if (!outgoing_) {
    if (waiting_.empty()) return;
    outgoing_ = waiting_.front();
    waiting_.erase(waiting_.begin());
    const OfferedFile& file = house_.offered[*outgoing_];
    auto opened = open_offered(file);
    if (!opened.has_value()) {
      house_.tell(to_string(opened.error()));
      outgoing_.reset();
      return say("no " + file.name + " cannot be read");
    }
    outgoing_file_ = *std::move(opened);
    sent_ = 0;
    say("file " + std::to_string(*outgoing_) + " " + std::to_string(file.size) + " " + file.name);
  }
  const OfferedFile& file = house_.offered[*outgoing_];
  std::vector<std::byte> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(drop_piece_bytes, file.size - sent_)));
  const auto count = read_at(outgoing_file_, sent_, piece);
  // A file that has shrunk since it was offered cannot be given whole.
  if (!count.has_value() || (*count == 0 && sent_ < file.size)) {
    house_.tell(safe(file.name) + " could not be read to its end");
    say("no " + file.name + " could not be read to its end");
    goodbye_ = connection_.close(1011);
    return begin(goodbye_);
  }
  piece.resize(*count);
  sent_ += *count;
  house_.progress(file.name, sent_, file.size);
  const bool is_done = sent_ == file.size;
  sending_ = connection_.send(std::move(piece));
  sending_.start([this, is_done](const Result<void>& sent) {
    if (!sent.has_value()) return;
    if (is_done) {
      house_.tell("sent " + safe(house_.offered[*outgoing_].name));
      say("end");
      outgoing_.reset();
    }
    send_piece();
  });
}

void DropSession::say(std::string line) { connection_.send(std::move(line)).detach(); }

}  // namespace bowline::cli
