#pragma once

#include <memory>

#include "drive/datagram/datagram_layer.h"
#include "drive/loop/loop.h"
#include "ports/datagram_socket.h"

namespace bowline::drive {

/// A layer at work for one flow: carries out what the layer wants, and keeps its time.
class LayeredFlow final : private DatagramLayer::Observer {
 public:
  /// A flow, or the attempt to make one.
  class Owner {
   public:
    /// To be sent to the peer as it is.
    virtual void handle_packet(Buffer packet) = 0;
    virtual void handle_message(Buffer message, const ports::ReceivedRun& from) = 0;
    /// See read_on_soon().
    virtual void handle_read_on() = 0;
    // Each once, and each may destroy the flow.
    virtual void handle_layer_open() = 0;
    virtual void handle_layer_end() = 0;
    virtual void handle_layer_failure(Error error) = 0;

   protected:
    ~Owner() = default;
  };

  LayeredFlow(Loop& loop, std::unique_ptr<DatagramLayer> layer, Owner& owner)
      : loop_(loop), owner_(&owner), layer_(std::move(layer)) {}
  void set_owner(Owner& owner) { owner_ = &owner; }

  /// The last thing that the caller does with it, like all that follows but seal().
  void start();
  void take(const ports::ReceivedRun& run);
  void end();
  /// The owner goes on reading in the next turn.
  void read_on_soon() { loop_.timers().set(read_on_timer_, loop_.now() + Duration(1)); }

  [[nodiscard]] DatagramLayer& layer() { return *layer_; }
  [[nodiscard]] const DatagramLayer& layer() const { return *layer_; }
  [[nodiscard]] bool is_open() const { return told_ == Told::open; }
  /// The peer has said goodbye.
  [[nodiscard]] bool has_ended() const { return told_ == Told::end; }
  /// Since start(), until it was open.
  [[nodiscard]] Duration handshake_time() const { return opened_ - started_; }
  /// Something came from the peer.
  [[nodiscard]] bool has_heard() const { return has_heard_; }

 private:
  enum class Told : std::uint8_t { nothing, open, end, failure };

  void handle_layer_progress() override;
  void handle_timeout();
  void read_on() { owner_->handle_read_on(); }
  void pump(const ports::ReceivedRun& from);
  void carry_out(const ports::ReceivedRun& from);
  void send_packets();
  void tell();

  Loop& loop_;
  Owner* owner_;
  std::unique_ptr<DatagramLayer> layer_;
  Instant started_{};
  Instant opened_{};
  Told told_ = Told::nothing;
  bool has_heard_ = false;
  MemberTimer<LayeredFlow, &LayeredFlow::handle_timeout> timer_{*this};
  MemberTimer<LayeredFlow, &LayeredFlow::read_on> read_on_timer_{*this};
};

}  // namespace bowline::drive
