#include "drive/stream/stream_connection.h"

#include <new>
#include <utility>

#include "drive/establish/host/host_interfaces.h"
#include "drive/loop/shortage.h"

namespace bowline::drive {

namespace {

constexpr std::size_t unread_at_failure_max = 1024 * 1024;
constexpr std::size_t early_bytes_max = 16 * 1024;
constexpr Duration stalled_after = std::chrono::milliseconds(2);

}  // namespace

/// What the sending half needs once the stream was full, and the end of the patience with it.
struct StreamConnection::Patience final : Sending::Stall {
  explicit Patience(StreamConnection& owner) : timer(owner) {}
  MemberTimer<StreamConnection, &StreamConnection::handle_stall> timer;
};

StreamConnection::StreamConnection(Loop& loop, Outbound&& outbound)
    : Connection(loop, std::move(outbound)) {}

StreamConnection::StreamConnection(Loop& loop, detail::Ref<Origin> origin)
    : Connection(loop, std::move(origin), Accepted::shakes_hands) {}

StreamConnection::StreamConnection(Loop& loop, detail::Ref<Origin> origin,
                                   std::unique_ptr<ports::ByteStream> stream)
    : Connection(loop, std::move(origin), Accepted::ready), stream_(std::move(stream)) {
  stream_->observe(*this);
}

StreamConnection::~StreamConnection() = default;

std::optional<SocketAddress> StreamConnection::local_address() const {
  return stream_ ? std::optional(stream_->local_address()) : std::nullopt;
}

std::optional<SocketAddress> StreamConnection::remote_address() const {
  return stream_ ? std::optional(stream_->remote_address()) : std::nullopt;
}

std::vector<ports::LayerFacts> StreamConnection::layers() const {
  std::vector<ports::LayerFacts> layers;
  if (stream_) stream_->append_facts(layers);
  return layers;
}

detail::Ref<TransferMeasure> StreamConnection::measure_transfer() {
  detail::Ref<TransferMeasure> measure(new TransferMeasure);
  measures_.push_back(*measure);
  if (stream_ && state() == ConnectionState::ready)
    measure->begin(stream_->statistics(), loop().now());
  return measure;
}

void StreamConnection::collect(TransferMeasure& measure) {
  measure.unlink();
  const ports::StreamStatistics now = stream_ ? stream_->statistics() : ports::StreamStatistics();
  const bool gone = loop().is_gone();
  std::string interface;
  if (stream_ && !gone) {
    if (const auto snapshot = loop().host().network().snapshot(); snapshot.has_value())
      interface = interface_name_of(**snapshot, stream_->local_address().ip);
  }
  measure.end(now, gone ? Instant() : loop().now(), std::move(interface));
}

/// The stream is about to go, and with it what was counted.
void StreamConnection::collect_all() noexcept {
  try {
    while (!measures_.empty()) collect(measures_.pop_front());
  } catch (const std::bad_alloc&) {
    collect_all();  // that one says nothing
  }
}

/// A broken connection still hands out what came before it broke.
bool StreamConnection::may_receive() const {
  return !refuses() || (receiving_.has_kept() && state() == ConnectionState::failed);
}

Error StreamConnection::invalid_receive() {
  return Error(ErrorKind::invalid_argument, "receive",
               "the least is more than the most or 4 GiB, the most is 0, or the delimiter is empty "
               "or over 256 "
               "bytes");
}

void StreamConnection::enqueue(detail::RequestBase& request) {
  receiving_.push(request);
  if (receiving_.is_first(request)) serve();
}

void StreamConnection::serve() {
  read_by([this](Receiving::Source& source) { return receiving_.serve(source); });
  // What is kept does not satisfy the first one, and nothing more will come: it ends, and the next has its
  // turn.
  if (!stream_ && state() == ConnectionState::failed && receiving_.is_waited_for()) end_receives();
}

/// Does what reads, and then sees to what it came upon.
template <class Reading>
void StreamConnection::read_by(Reading reading) {
  const bool had_ended = receiving_.has_ended();
  Receiving::Source source{stream_.get(), pool()};
  Result<void> done;
  try {
    done = reading(source);
  } catch (const std::bad_alloc&) {
    if (receiving_.has_gap()) abort();
    throw;
  }
  loop().count_read(source.read_bytes);
  note_end(had_ended);
  if (!done.has_value()) fail(done.error().about(to_string(stream_->remote_address())));
}

/// A peer that resets before it said a byte is an also-ran like one that ends.
void StreamConnection::note_end(bool had_ended) {
  if (!had_ended && is_also_ran()) note_also_ran();
}

/// What came for a cancelled receive stays for the next one: nothing of a stream may be lost on the way.
void StreamConnection::withdraw_receive(detail::RequestBase& request) noexcept {
  change_kept([&] { receiving_.withdraw(request); });
  serve_kept();
}

void StreamConnection::give_back(detail::RequestBase& request, Result<Message>&& received,
                                 detail::Undone how) noexcept {
  if (how == detail::Undone::waits) receiving_.push_front(request);
  if (received.has_value()) change_kept([&] { receiving_.take_back(received->bytes()); });
  serve_again(how);
}

void StreamConnection::give_back(ReceiveIntoRequest& request, Result<std::size_t>&& received,
                                 detail::Undone how) noexcept {
  if (how == detail::Undone::waits) receiving_.push_front(request);
  const std::size_t count = received.has_value() ? *received : 0;
  change_kept([&] { receiving_.take_back(request, count); });
  serve_again(how);
}

/// For want of memory bytes are lost: the receives know, and the connection is aborted.
template <class Change>
void StreamConnection::change_kept(Change change) noexcept {
  try {
    change();
  } catch (const std::bad_alloc&) {
    abort();
  }
}

/// For want of memory it stays where it is, and those that wait for it are told.
void StreamConnection::serve_kept() noexcept {
  while (receiving_.has_kept() && receiving_.is_waited_for()) {
    try {
      return serve();
    } catch (const std::bad_alloc&) {
      if (!receiving_.is_waited_for()) return;
      receiving_.fail_first(shortage("receive"));
    }
  }
}

/// Once the last result was given back, those that took what came behind it get what there is now.
void StreamConnection::serve_again(detail::Undone how) noexcept {
  if (how != detail::Undone::abandoned) return;
  serve_kept();
  if (!refuses() || !receiving_.is_waited_for()) return;
  receiving_.forget_kept();
  end_receives();
}

void StreamConnection::fail_receives(const Error& error) {
  const bool broke = error.kind() != ErrorKind::cancelled;
  receiving_.fail_all(error, broke ? Receiving::Fate::broke : Receiving::Fate::dropped, pool());
}

void StreamConnection::start_send(SendRequest& request) {
  if (refuses()) return request.finish(refusal());
  if (sending_.is_ended())
    return request.finish(
        Error(ErrorKind::closed, "send", "our sending side was ended by an earlier send"));
  const bool is_first = sending_.push(request);
  if (!stream_) return;
  if (!sending_.is_writable()) return hold_back();
  if (is_first) flush();
}

void StreamConnection::withdraw_send(SendRequest& request) {
  // Half a message is on its way and the rest will never come: the peer must not take it for a whole one.
  if (sending_.withdraw(request)) return abort();
  handle_flushed();
}

void StreamConnection::flush() {
  const auto written = sending_.write(*stream_);
  if (!written.has_value()) return fail_sending(written.error());
  if (*written == Sending::Progress::blocked) return hold_back();
  handle_flushed();
}

/// There is no room. A small send is copied at once; a large one is about to be written from where it lies,
/// and copying it is only worth while when the peer has stopped reading. While a close waits for room, even
/// if it is only for the stream's end, the timer is needed to drop what comes.
void StreamConnection::hold_back() {
  Patience& patience = this->patience();
  if (sending_.has_small_send()) sending_.take_over(high_water_bytes());
  if (!sending_.has_sends() || patience.timer.is_armed()) return;
  loop().timers().set(patience.timer, loop().now() + stalled_after);
}

StreamConnection::Patience& StreamConnection::patience() {
  if (sending_.stall() == nullptr) sending_.set_stall(std::make_unique<Patience>(*this));
  return static_cast<Patience&>(*sending_.stall());
}

void StreamConnection::handle_stall() {
  sending_.take_over(high_water_bytes());
  if (is_closing()) drop_input();
}

/// What the peer said before it hung up may say why: it is read before the connection counts as broken.
void StreamConnection::fail_sending(const Error& error) {
  const Error why = error.about(to_string(stream_->remote_address()));
  if (!receiving_.has_ended()) receiving_.set_readable();
  serve();
  read_by([this](Receiving::Source& source) -> Result<void> {
    receiving_.keep_rest(source, unread_at_failure_max);
    return {};
  });
  fail(why);
}

/// A peer that ended its side may still break off, and no read would tell.
void StreamConnection::check() {
  const auto whole = stream_->check();
  if (!whole.has_value()) fail(whole.error());
}

/// While a close flushes: a peer that cannot send may not read either.
void StreamConnection::drop_input() {
  if (!stream_ || !receiving_.is_readable() || receiving_.has_ended()) return;
  if (sending_.stall() == nullptr) return;
  receiving_.discard(*stream_);
  if (receiving_.is_readable()) loop().timers().set(patience().timer, loop().now() + Duration(1));
}

void StreamConnection::handle_readiness(ports::Readiness readiness) {
  const detail::Ref<StreamConnection> keep(this);
  if (readiness.readable) {
    receiving_.set_readable();
    if (!is_closing()) serve();
  }
  if (readiness.writable) {
    sending_.set_writable();
    if (sending_.stall() != nullptr) loop().timers().set(patience().timer, std::nullopt);
    if (stream_ && has_unsent()) flush();
    if (stream_ && receiving_.has_ended()) check();
  }
  if (is_closing()) drop_input();  // last: room to write has disarmed the timer
  loop().deliver_much();
}

std::unique_ptr<Candidate> StreamConnection::make_candidate(const Approach& approach) {
  ports::StreamOptions options = stream_options(plan().tcp);
  // A layer's handshake comes first, and who speaks first in it is the layer's business.
  options.speaks_first = approach.alternative.layers.empty() && sending_.speaks();
  return make_stream_candidate(approach, options, sending_.offer_early(early_bytes_max));
}

std::unique_ptr<Candidate> StreamConnection::make_accepted_candidate(
    std::unique_ptr<ports::ByteStream> stream) {
  return make_accepted_stream_candidate(loop(), plan().alternatives.front(), std::move(stream));
}

void StreamConnection::adopt(Candidate& winner) {
  auto& candidate = static_cast<StreamCandidate&>(winner);
  if (candidate.is_readable()) receiving_.set_readable();
  sending_.take_early(candidate.early_bytes_taken());
  stream_ = candidate.take_stream();
  stream_->observe(*this);
  measures_.for_each(
      [this](TransferMeasure& measure) { measure.begin(stream_->statistics(), loop().now()); });
}

void StreamConnection::handle_became_ready() {
  if (sending_.is_spoiled()) return abort();
  if (has_unsent()) flush();
  if (stream_ && receiving_.is_readable()) serve();
}

void StreamConnection::release(Release how) {
  collect_all();
  if (!stream_) return;
  auto stream = std::move(stream_);
  if (how == Release::reset) {
    stream->abort();
  } else if (!receiving_.has_ended() || !sending_.is_writable()) {
    loop().lingering().close(std::move(stream), receiving_.is_readable(), close_within());
  }
}

}  // namespace bowline::drive
