#include "drive/secure/key_log.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/escape.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

namespace {

void tell(Loop& loop, const std::string& path, std::optional<Error> error) {
  if (!loop.tracer().is_on()) return;
  loop.tracer().emit(loop.now(), "S",
                     {core::TraceKind::keys_logged, "to " + escape(path, 256), std::move(error)});
}

}  // namespace

std::function<void(std::string_view line)> key_log_of(Loop& loop) {
  const std::string path = loop.host().files().variable("SSLKEYLOGFILE");
  if (path.empty()) return nullptr;
  tell(loop, path, {});
  // One failure is told; the next ones are the same.
  return [&loop, path, has_failed = std::make_shared<bool>(false)](std::string_view line) {
    const auto written = loop.host().files().append_private(path, std::string(line) + "\n");
    if (!written.has_value() && !std::exchange(*has_failed, true))
      tell(loop, path, written.error());
  };
}

}  // namespace bowline::drive
