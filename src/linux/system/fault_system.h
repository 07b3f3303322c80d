#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include <bowline/result.h>

#include "linux/system/system.h"
#include "ports/host.h"

/// For tests: the kernel's own host, with system calls that fail when they are told to.
namespace bowline::linux_host {

/// As make_host(), asking `faults` before each system call; `faults` must outlive the host.
[[nodiscard]] Result<std::unique_ptr<ports::Host>> make_host(Faults& faults);

/// The errors, and perhaps `Faults::short_transfer`, that the kernel may answer to a correct `call` at any
/// time. EAGAIN is in no list: it is a promise that readiness will be reported, which a made-up failure
/// cannot keep.
[[nodiscard]] std::span<const int> possible_faults(Call call);
/// No list is longer.
inline constexpr std::size_t faults_per_call_max = 6;

[[nodiscard]] const char* to_string(Call call);

/// Fails one system call: the one numbered `index`, counted from 0 over all calls of the host, with the fault
/// numbered `variant` of its list. Running a flow for every index and variant until none fired covers every
/// site.
///
/// thread    any
class OneFault final : public Faults {
 public:
  OneFault(std::size_t index, std::size_t variant) : index_(index), variant_(variant) {}

  int next(Call call) override;

  /// What happened to the call with our index: nothing if there was none.
  struct Outcome {
    Call call;
    int fault = 0;  ///< 0 if its list is shorter than `variant`
  };
  [[nodiscard]] std::optional<Outcome> outcome() const;

 private:
  const std::size_t index_;
  const std::size_t variant_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<int> call_ = -1;
  std::atomic<int> fault_ = 0;
};

/// Fails every call of one kind while it is switched on.
class CallFault final : public Faults {
 public:
  explicit CallFault(Call call) : call_(call) {}

  void fail_with(int fault) { fault_ = fault; }
  int next(Call call) override { return call == call_ ? fault_.load() : 0; }

 private:
  const Call call_;
  std::atomic<int> fault_ = 0;
};

}  // namespace bowline::linux_host
