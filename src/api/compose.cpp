#include "api/compose.h"

#include <bowline/loop.h>
#include <bowline/trace.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "drive/loop/loop.h"
#include "linux/host.h"

namespace bowline {

Result<std::unique_ptr<ports::Host>> make_this_host() { return linux_host::make_host(); }

void trace_as_environment_says(Loop& loop) {
  const char* const value = std::getenv("BOWLINE_LOG");
  if (value == nullptr || *value == '\0') return;
  const std::string wanted = std::string_view(value) == "trace" ? "" : value;
  // A log is of use above all for how things end, so this sink hears that too.
  loop.core().tracer().add(
      [wanted, start = loop.now()](const TraceEvent& event) {
        if (!event.id.starts_with(wanted)) return;
        const std::string line = to_string(event, start) + "\n";
        std::fwrite(line.data(), 1, line.size(), stderr);
      },
      drive::Tracer::Until::loop_is_gone);
}

}  // namespace bowline
