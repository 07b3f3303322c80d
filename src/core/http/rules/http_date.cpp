#include "core/http/rules/http_date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "wire/url/percent.h"

namespace bowline::core {

namespace {

constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Calendar {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<std::int64_t> seconds_of(const Calendar& calendar);
std::optional<unsigned> number_of(std::string_view digits, std::size_t least, std::size_t most);
std::optional<unsigned> month_of(std::string_view name);
bool read_time(std::string_view text, Calendar& into);
std::vector<std::string_view> split_date(std::string_view text, bool (*is_separator)(char));
bool is_one_of_three_forms(std::string_view text);
std::string two_digits(unsigned value) {
  return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

}  // namespace

std::string format_http_date(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const sys_days day = floor<std::chrono::days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  const auto month = static_cast<unsigned>(date.month());
  std::string name(months[month - 1]);
  name[0] = static_cast<char>(name[0] - ('a' - 'A'));
  std::string year = std::to_string(static_cast<int>(date.year()));
  year.insert(0, year.size() < 4 ? 4 - year.size() : 0, '0');
  return std::string(days[weekday(day).c_encoding()]) + ", " +
         two_digits(static_cast<unsigned>(date.day())) + " " + name + " " + year + " " +
         two_digits(static_cast<unsigned>(clock.hours().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.minutes().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.seconds().count())) + " GMT";
}

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now) {
  if (!is_one_of_three_forms(text)) return std::nullopt;
  auto parts = split_date(text, [](char c) { return c == ' ' || c == ',' || c == '-'; });
  Calendar calendar;
  const bool is_asctime = parts.size() == 5 && parts[3].contains(':');
  if (!is_asctime && (parts.size() != 6 || parts[5] != "GMT")) return std::nullopt;
  const auto month = month_of(is_asctime ? parts[1] : parts[2]);
  const auto day = number_of(is_asctime ? parts[2] : parts[1], 1, 2);
  const std::string_view year_text = is_asctime ? parts[4] : parts[3];
  const auto year = number_of(year_text, 2, 4);
  if (!month || !day || !year || year_text.size() == 3) return std::nullopt;
  if (!read_time(is_asctime ? parts[3] : parts[4], calendar)) return std::nullopt;
  calendar.month = *month;
  calendar.day = *day;
  calendar.year = static_cast<int>(*year);
  if (year_text.size() == 4) return seconds_of(calendar);
  const std::chrono::year_month_day today(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds(now)}));
  calendar.year += static_cast<int>(today.year()) / 100 * 100;
  if (calendar.year > static_cast<int>(today.year()) + 50) calendar.year -= 100;
  return seconds_of(calendar);
}

std::optional<std::int64_t> parse_cookie_date(std::string_view text) {
  const auto parts = split_date(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return c == '\t' || (octet >= 0x20 && octet <= 0x2f) || (octet >= 0x3b && octet <= 0x40) ||
           (octet >= 0x5b && octet <= 0x60) || (octet >= 0x7b && octet <= 0x7e);
  });
  Calendar calendar;
  bool has_time = false;
  std::optional<unsigned> day, month, year;
  const auto leading = [](std::string_view part, std::size_t least, std::size_t most) {
    const auto end = std::ranges::find_if_not(part, wire::is_digit);
    return number_of(part.substr(0, static_cast<std::size_t>(end - part.begin())), least, most);
  };
  for (const std::string_view part : parts) {
    if (!has_time && read_time(part, calendar))
      has_time = true;
    else if (const auto number = leading(part, 1, 2); !day && number)
      day = number;
    else if (const auto named = month_of(part.substr(0, 3)); !month && named)
      month = named;
    else if (const auto number_of_year = leading(part, 2, 4); !year && number_of_year)
      year = number_of_year;
  }
  if (!has_time || !day || !month || !year) return std::nullopt;
  if (*year >= 70 && *year <= 99) *year += 1900;
  if (*year <= 69) *year += 2000;
  if (*year < 1601) return std::nullopt;
  calendar.year = static_cast<int>(*year);
  calendar.month = *month;
  calendar.day = *day;
  return seconds_of(calendar);
}

namespace {

std::optional<std::int64_t> seconds_of(const Calendar& calendar) {
  using namespace std::chrono;
  const year_month_day date(year(calendar.year), month(calendar.month), day(calendar.day));
  // A leap second reads as the first of the next minute.
  if (!date.ok() || calendar.hour > 23 || calendar.minute > 59 || calendar.second > 60)
    return std::nullopt;
  const auto of_day = hours(calendar.hour) + minutes(calendar.minute) + seconds(calendar.second);
  return (sys_days(date).time_since_epoch() + of_day).count();
}

std::optional<unsigned> number_of(std::string_view digits, std::size_t least, std::size_t most) {
  if (digits.size() < least || digits.size() > most || !std::ranges::all_of(digits, wire::is_digit))
    return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::optional<unsigned> month_of(std::string_view name) {
  const auto found = std::ranges::find(months, wire::ascii_lower(name));
  if (found == months.end()) return std::nullopt;
  return static_cast<unsigned>(found - months.begin()) + 1;
}

/// `08:49:37`, with anything but a digit behind it.
bool read_time(std::string_view text, Calendar& into) {
  std::array<unsigned, 3> values{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto end = std::ranges::find_if_not(text, wire::is_digit);
    const auto digits = static_cast<std::size_t>(end - text.begin());
    const auto value = number_of(text.substr(0, digits), 1, 2);
    if (!value) return false;
    values[i] = *value;
    text.remove_prefix(digits);
    if (i < 2 && !text.starts_with(':')) return false;
    if (i < 2) text.remove_prefix(1);
  }
  into.hour = values[0];
  into.minute = values[1];
  into.second = values[2];
  return true;
}

/// What is nearly a date is none: one who guesses at it may keep for years what has expired (RFC 9111 4.2).
bool is_one_of_three_forms(std::string_view text) {
  // 9 is a digit, a is a letter.
  constexpr std::array<std::string_view, 4> forms{
      "aaa, 99 aaa 9999 99:99:99 GMT",  // Sun, 06 Nov 1994 08:49:37 GMT
      ", 99-aaa-99 99:99:99 GMT",       // Sunday, 06-Nov-94 08:49:37 GMT
      "aaa aaa  9 99:99:99 9999",       // Sun Nov  6 08:49:37 1994
      "aaa aaa 99 99:99:99 9999"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const std::size_t comma = text.find(',');
  // The long names of days differ in length.
  const bool is_long = comma != std::string_view::npos && comma >= 6 && comma <= 9 &&
                       std::ranges::all_of(text.substr(0, comma), is_letter);
  if (is_long) text.remove_prefix(comma);
  return std::ranges::any_of(forms, [&](std::string_view form) {
    return form.starts_with(',') == is_long &&
           std::ranges::equal(text, form, [&](char c, char shape) {
             return shape == '9' ? wire::is_digit(c) : shape == 'a' ? is_letter(c) : c == shape;
           });
  });
}

std::vector<std::string_view> split_date(std::string_view text, bool (*is_separator)(char)) {
  std::vector<std::string_view> parts;
  constexpr std::size_t octets_max = 256;  // nothing longer is a date
  text = text.substr(0, octets_max);
  while (!text.empty()) {
    const auto end = std::ranges::find_if(text, is_separator);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size > 0) parts.push_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return parts;
}

}  // namespace

}  // namespace bowline::core
