#pragma once

#include <memory>

#include <bowline/detail/request.h>

#include "drive/loop/loop.h"
#include "ports/process.h"

namespace bowline::drive {

/// Waits until a descriptor of the program's is readable, or writable.
class DescriptorRequest final : public detail::Request<void>,
                                private Resident,
                                private ports::SocketObserver {
 public:
  DescriptorRequest(detail::RequestQueue& queue, Loop& loop, int descriptor, ports::Awaited awaited)
      : Request(queue), loop_(loop), descriptor_(descriptor), awaited_(awaited) {}

 private:
  void begin() override;
  void withdraw() noexcept override {
    unlink();
    watch_.reset();
  }
  void handle_readiness(ports::Readiness readiness) override;
  void handle_loop_gone() override;

  Loop& loop_;
  const int descriptor_;
  const ports::Awaited awaited_;
  std::unique_ptr<ports::DescriptorWatch> watch_;
};

}  // namespace bowline::drive
