#include "core/http/priority.h"

#include <algorithm>

#include "wire/structured_fields/structured.h"

namespace bowline::core {

std::string to_string(const HttpPriority& priority) {
  std::string text;
  if (priority.urgency != HttpPriority().urgency) text = "u=" + std::to_string(priority.urgency);
  if (priority.is_incremental) text += text.empty() ? "i" : ", i";
  return text;
}

HttpPriority parse_http_priority(std::string_view text) {
  HttpPriority priority;
  const auto dictionary = wire::parse_structured_dictionary(text, {.text_bytes_max = 1024});
  if (!dictionary.has_value()) return priority;
  const auto* urgency = wire::value_as<std::int64_t>(wire::find_key(*dictionary, "u"));
  if (urgency != nullptr && *urgency >= 0 && *urgency <= 7)
    priority.urgency = static_cast<unsigned>(*urgency);
  const auto* incremental = wire::value_as<bool>(wire::find_key(*dictionary, "i"));
  if (incremental != nullptr) priority.is_incremental = *incremental;
  return priority;
}

unsigned urgency_of(double task_priority) {
  const double bounded = std::clamp(task_priority, 0.0, 1.0);
  // 1 is 0, 0.5 is 3, 0 is 7: background transfers come behind all else.
  if (bounded >= 0.5) return static_cast<unsigned>((1.0 - bounded) * 6.0 + 0.5);
  return static_cast<unsigned>(3.0 + (0.5 - bounded) * 8.0 + 0.5);
}

}  // namespace bowline::core
