#include <bowline/prober.h>

#include <utility>

#include "drive/probe/prober.h"

namespace bowline {

Prober::Prober(drive::Prober& core) : core_(&core) { core_->add_ref(); }
Prober::Prober(Prober&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
Prober& Prober::operator=(Prober&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}
Prober::~Prober() {
  if (core_ == nullptr) return;
  core_->close();
  core_->drop_ref();
}

Result<Prober> Prober::open(Loop& loop, Family family, const Parameters& parameters) {
  Prober prober(*new drive::Prober(loop.core(), family));
  BOWLINE_TRY_VOID(prober.core_->open(parameters));
  return prober;
}

bool Prober::uses_echo() const { return core_->uses_echo(); }

Operation<ProbeReply> Prober::probe(const IpAddress& to, const ProbeOptions& options) {
  const drive::ProbeRequest::What what{to, options.hop_limit(), options.payload_bytes(),
                                       options.timeout()};
  return Operation<ProbeReply>(
      detail::RequestBase::make<drive::ProbeRequest>(core_->loop(), *core_, what));
}

void Prober::on_reply(std::move_only_function<void(const ProbeReply&)> handler) {
  core_->set_reply_handler(std::move(handler));
}

}  // namespace bowline
