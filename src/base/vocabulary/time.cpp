#include <bowline/time.h>

namespace bowline {

namespace {

// Unsigned, so that the least duration has a magnitude too.
std::uint64_t magnitude(Duration duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return duration.count() < 0 ? 0 - count : count;
}

std::string three_digits(std::uint64_t thousandths) {
  const std::string digits = std::to_string(thousandths);
  return std::string(3 - digits.size(), '0') + digits;
}

// `thousandths` / 1000 without trailing zeros: 1500 -> "1.5".
std::string short_decimal(std::uint64_t thousandths) {
  std::string text = std::to_string(thousandths / 1000) + '.' + three_digits(thousandths % 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

constexpr std::uint64_t us = 1'000, ms = 1'000'000, second = 1'000'000'000;
constexpr std::uint64_t minute = 60 * second, hour = 60 * minute;

std::string with_unit(std::uint64_t ns) {
  if (ns != 0 && ns % hour == 0) return std::to_string(ns / hour) + " h";
  if (ns != 0 && ns % minute == 0) return std::to_string(ns / minute) + " min";
  if (ns >= second) return short_decimal(ns / ms) + " s";
  if (ns >= ms) return short_decimal(ns / us) + " ms";
  if (ns >= us) return short_decimal(ns) + " us";
  return ns == 0 ? "0 s" : std::to_string(ns) + " ns";
}

}  // namespace

std::string format_ms(Duration duration) {
  const std::uint64_t whole_us = magnitude(duration) / us;
  const char* sign = duration.count() < 0 && whole_us != 0 ? "-" : "";
  return sign + std::to_string(whole_us / 1000) + '.' + three_digits(whole_us % 1000);
}

std::string to_string(Duration duration) {
  return (duration.count() < 0 ? "-" : "") + with_unit(magnitude(duration));
}

}  // namespace bowline
