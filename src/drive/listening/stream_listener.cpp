#include "drive/listening/stream_listener.h"

#include <algorithm>

#include "base/flag_scope.h"
#include "drive/establish/host/host_interfaces.h"
#include "drive/message/framed_connection.h"
#include "drive/paths/path_requirements.h"
#include "drive/stream/stream_connection.h"

namespace bowline::drive {

Result<void> StreamListener::open(const SocketAddress& local) {
  for (const Layer& layer : plan().alternatives.front().layers) {
    if (!layer.check_listener) continue;
    BOWLINE_TRY_VOID(layer.check_listener(loop()));
  }
  ports::ListenOptions options;
  options.stream = stream_options(plan().tcp);
  options.dual_stack = parameters().only() != Family::ipv6;
  options.reuse_port = parameters().reuse_local_address();
  options.binding.reuse_address = true;
  options.binding.marks = marks_of(parameters().service_class());
  if (!parameters().interface().empty()) {
    BOWLINE_TRY(options.binding.interface_index,
                interface_index(loop().host().network(), parameters().interface()));
  }
  options_ = options;
  local_ = local;
  if (!ListenLinks::are_chosen_by(parameters())) return open_on(options.binding.interface_index);
  ListenLinks::Owner& owner = *this;
  links_ = std::make_unique<ListenLinks>(loop(), parameters(), owner);
  return open_where_allowed();
}

/// On each interface that does. Without any, it waits for one.
Result<void> StreamListener::open_where_allowed() {
  std::optional<Error> failure;
  for (const std::uint32_t index : links_->allowed()) {
    const bool known =
        std::ranges::find(sockets_, index, &Socket::interface_index) != sockets_.end();
    if (known) continue;
    if (auto opened = open_on(index); !opened.has_value()) failure = opened.error();
  }
  if (failure && sockets_.empty()) return *failure;
  return {};
}

Result<void> StreamListener::open_on(std::uint32_t interface_index) {
  ports::ListenOptions options = options_;
  options.binding.interface_index = interface_index;
  BOWLINE_TRY(auto listener, loop().host().network().listen(local_, options, *this));
  local_.port = listener->local_address().port;
  sockets_.push_back({interface_index, std::move(listener)});
  return {};
}

/// What waits in the queue of an interface that does no more is lost with its socket.
void StreamListener::handle_links_changed() {
  if (is_closed()) return;
  std::erase_if(sockets_,
                [this](const Socket& one) { return !links_->allows(one.interface_index); });
  if (const auto opened = open_where_allowed(); !opened.has_value())
    trace(core::TraceKind::accept_paused, "no interface can be listened on", &opened.error());
}

SocketAddress StreamListener::local_address() const {
  return links_ || sockets_.empty() ? local_ : sockets_.front().listener->local_address();
}

void StreamListener::handle_readiness(ports::Readiness readiness) {
  if (!readiness.readable) return;
  const detail::Ref<StreamListener> keep(this);
  readable_ = true;
  accept_all();
  loop().deliver_ready();
}

/// What nobody wants yet stays in the system's queue, where its cap is the backlog.
void StreamListener::accept_all() {
  if (accepting_ || pause_timer_.is_armed()) return;
  const FlagScope accepting(accepting_);
  const detail::Ref<StreamListener> keep(this);
  while (readable_ && (shakes_hands() ? has_room_to_prepare() : wants_more())) {
    auto accepted = accept_next();
    if (!accepted.has_value()) {
      pause(accepted.error());
      break;
    }
    pause_ = pause_min;
    readable_ = *accepted != nullptr;
    if (!readable_) break;
    take_in(*std::move(accepted));
  }
}

/// Of whichever socket has one; peers that are too far away for local_only are dropped.
Result<std::unique_ptr<ports::StreamSocket>> StreamListener::accept_next() {
  for (const Socket& one : sockets_) {
    for (;;) {
      BOWLINE_TRY(auto accepted, one.listener->accept());
      if (accepted == nullptr) break;
      if (!links_ || links_->allows_peer(accepted->remote_address().ip)) return accepted;
      accepted->abort();
    }
  }
  return nullptr;
}

bool StreamListener::shakes_hands() const {
  return !plan().framers.empty() || !plan().alternatives.front().layers.empty();
}

template <class Kind>
void StreamListener::prepare_stream(const detail::Ref<Kind>& connection,
                                    std::unique_ptr<ports::ByteStream> stream) {
  const SocketAddress remote = stream->remote_address();
  prepare(connection, connection->make_accepted_candidate(std::move(stream)), remote);
}

void StreamListener::take_in(std::unique_ptr<ports::ByteStream> stream) {
  if (!plan().framers.empty()) {
    prepare_stream(make_connection<FramedConnection>(loop(), tally()), std::move(stream));
  } else if (shakes_hands()) {
    prepare_stream(make_connection<StreamConnection>(loop(), tally()), std::move(stream));
  } else {
    deliver(make_connection<StreamConnection>(loop(), tally(), std::move(stream)));
  }
}

/// Out of descriptors or memory: the connection stays in the system's queue, and trying at once would only
/// burn time.
void StreamListener::pause(const Error& error) {
  trace(core::TraceKind::accept_paused, "for " + to_string(pause_), &error);
  loop().timers().set(pause_timer_, loop().now() + pause_);
  pause_ = std::min(pause_ * 2, pause_max);
}

void StreamListener::resume() {
  const detail::Ref<StreamListener> keep(this);
  accept_all();
  loop().deliver_ready();
}

void StreamListener::release() {
  loop().timers().set(pause_timer_, std::nullopt);
  links_.reset();
  sockets_.clear();
}

}  // namespace bowline::drive
