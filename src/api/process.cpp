#include <bowline/loop.h>
#include <bowline/standard_input.h>

#include <utility>
#include <vector>

#include "drive/process/descriptor_request.h"
#include "drive/process/signals.h"
#include "drive/process/standard_input.h"

namespace bowline {

Operation<int> Loop::signal(SignalSet signals) {
  std::vector<int> numbers;
  signals.for_each([&](int signal) { numbers.push_back(signal); });
  return Operation<int>(
      detail::RequestBase::make<drive::SignalRequest>(*core_, *core_, std::move(numbers)));
}

Operation<void> Loop::readable(int descriptor) {
  return Operation<void>(detail::RequestBase::make<drive::DescriptorRequest>(
      *core_, *core_, descriptor, ports::Awaited::readable));
}

Operation<void> Loop::writable(int descriptor) {
  return Operation<void>(detail::RequestBase::make<drive::DescriptorRequest>(
      *core_, *core_, descriptor, ports::Awaited::writable));
}

StandardInput Loop::standard_input() { return StandardInput(core_->standard_input()); }

StandardInput::StandardInput(drive::StandardInput& core) : core_(&core) { core_->add_ref(); }

StandardInput::StandardInput(const StandardInput& other) : core_(other.core_) {
  if (core_ != nullptr) core_->add_ref();
}

StandardInput::~StandardInput() {
  if (core_ != nullptr) core_->drop_ref();
}

Operation<Message> StandardInput::receive(std::size_t min, std::size_t max) {
  return Operation<Message>(
      detail::RequestBase::make<drive::InputReceiveRequest>(core_->loop(), *core_, min, max));
}

}  // namespace bowline
