#include "drive/process/descriptor_request.h"

#include <utility>

#include "drive/loop/ended.h"

namespace bowline::drive {

void DescriptorRequest::begin() {
  const char* const operation = awaited_ == ports::Awaited::readable ? "readable" : "writable";
  if (loop_.is_gone()) return finish(loop_ended(operation));
  ports::SocketObserver& observer = *this;
  auto watch = loop_.host().process().watch(descriptor_, awaited_, observer);
  if (!watch.has_value()) return finish(watch.error().about(std::to_string(descriptor_)));
  if (*watch == nullptr) return finish({});
  watch_ = *std::move(watch);
  loop_.add_resident(*this);
}

void DescriptorRequest::handle_readiness(ports::Readiness readiness) {
  const bool ready = awaited_ == ports::Awaited::readable ? readiness.readable : readiness.writable;
  if (!ready) return;
  withdraw();
  finish({});
}

void DescriptorRequest::handle_loop_gone() {
  watch_.reset();
  finish(loop_ended("descriptor"));
}

}  // namespace bowline::drive
