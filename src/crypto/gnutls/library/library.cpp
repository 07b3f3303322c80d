#include "crypto/gnutls/library/library.h"

#include <algorithm>
#include <ctime>

#include "crypto/gnutls/library/handles.h"

// The setter of the second clock is exported but stands in no header. Without it virtual time would never
// make a DTLS handshake send again.
extern "C" void _gnutls_global_set_gettime_function(void (*read)(struct timespec*))
    __attribute__((weak));

namespace bowline::crypto {

namespace {

thread_local const ClockScope* current_scope = nullptr;

}  // namespace

struct ClockReading {
  [[nodiscard]] static std::chrono::nanoseconds wall() {
    if (current_scope != nullptr) return current_scope->wall_.now().time_since_epoch();
    return system();
  }

  // For how long the last flight of a DTLS handshake can be sent again, GnuTLS compares this clock with
  // time(0), which nobody can replace: a virtual day before today would end that at once.
  [[nodiscard]] static std::chrono::nanoseconds first() {
    const bool is_datagrams = current_scope != nullptr && current_scope->now_.has_value();
    return is_datagrams ? std::max(wall(), system()) : wall();
  }

  [[nodiscard]] static std::chrono::nanoseconds second() {
    if (current_scope != nullptr && current_scope->now_.has_value())
      return current_scope->now_->time_since_epoch();
    return wall();
  }

 private:
  [[nodiscard]] static std::chrono::nanoseconds system() {
    return std::chrono::system_clock::now().time_since_epoch();
  }
};

namespace {

time_t read_wall_clock(time_t* into) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(ClockReading::first()).count();
  if (into != nullptr) *into = seconds;
  return seconds;
}

void read_second_clock(struct timespec* into) {
  const auto reading = ClockReading::second();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(reading);
  into->tv_sec = seconds.count();
  into->tv_nsec = (reading - seconds).count();
}

}  // namespace

void prepare_library() {
  static const bool prepared = [] {
    gnutls_global_init();
    gnutls_global_set_time_function(read_wall_clock);
    if (_gnutls_global_set_gettime_function != nullptr)
      _gnutls_global_set_gettime_function(read_second_clock);
    return true;
  }();
  static_cast<void>(prepared);
}

const std::string& library_name() {
  static const std::string name = [] {
    std::string made = "GnuTLS " + std::string(gnutls_check_version(nullptr));
    if (library_knows("GROUP-X25519-MLKEM768")) made += " with ML-KEM";
    return made;
  }();
  return name;
}

bool library_knows(const std::string& keyword) {
  gnutls_priority_t priority = nullptr;
  const std::string text = "NORMAL:+" + keyword;
  if (gnutls_priority_init(&priority, text.c_str(), nullptr) < 0) return false;
  gnutls_priority_deinit(priority);
  return true;
}

std::chrono::nanoseconds library_wall_time() { return ClockReading::wall(); }

ClockScope::ClockScope(const ports::WallClock& wall, std::optional<Instant> now)
    : outer_(current_scope), wall_(wall), now_(now) {
  current_scope = this;
}

ClockScope::~ClockScope() { current_scope = outer_; }

}  // namespace bowline::crypto
