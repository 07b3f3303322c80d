#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/bytes.h"
#include "wire/dns/message.h"
#include "wire/dns/octet_text.h"
#include "wire/dns/service.h"

namespace bowline::wire {

namespace {

struct TypeName {
  RecordType type;
  std::string_view name;
};
constexpr std::array<TypeName, 12> type_names{{
    {RecordType::a, "A"},
    {RecordType::ns, "NS"},
    {RecordType::cname, "CNAME"},
    {RecordType::soa, "SOA"},
    {RecordType::ptr, "PTR"},
    {RecordType::txt, "TXT"},
    {RecordType::aaaa, "AAAA"},
    {RecordType::srv, "SRV"},
    {RecordType::opt, "OPT"},
    {RecordType::svcb, "SVCB"},
    {RecordType::https, "HTTPS"},
    {RecordType::any, "ANY"},
}};

std::string data_text(const IpAddress& address) { return to_string(address); }
std::string data_text(const NameData& data) { return to_string(data.name); }
std::string data_text(const SoaData& data);
std::string data_text(const TxtData& data);
std::string data_text(const SrvData& data);
std::string data_text(const ServiceData& data) { return service_text(data); }
std::string data_text(const RawData& data);
bool equal_in_any_case(std::string_view a, std::string_view b);

}  // namespace

std::string to_string(RecordType type) {
  const auto known = std::ranges::find(type_names, type, &TypeName::type);
  if (known != type_names.end()) return std::string(known->name);
  return "TYPE" + std::to_string(std::to_underlying(type));
}

std::optional<RecordType> record_type_from(std::string_view text) {
  for (const TypeName& known : type_names)
    if (equal_in_any_case(known.name, text)) return known.type;
  constexpr std::string_view prefix = "TYPE";
  if (!equal_in_any_case(text.substr(0, prefix.size()), prefix)) return std::nullopt;
  const std::string_view digits = text.substr(prefix.size());
  std::uint16_t number = 0;
  const auto [stop, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failure != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  return static_cast<RecordType>(number);
}

std::string to_string(Rcode rcode) {
  switch (rcode) {
    case Rcode::no_error: return "NOERROR";
    case Rcode::format_error: return "FORMERR";
    case Rcode::server_failure: return "SERVFAIL";
    case Rcode::name_error: return "NXDOMAIN";
    case Rcode::not_implemented: return "NOTIMP";
    case Rcode::refused: return "REFUSED";
    case Rcode::bad_version: return "BADVERS";
  }
  return "RCODE" + std::to_string(std::to_underlying(rcode));
}

std::string to_string(const Record& record) {
  return std::visit([](const auto& data) { return data_text(data); }, record.data);
}

namespace {

std::string data_text(const SoaData& data) {
  std::string text = to_string(data.primary) + ' ' + to_string(data.mailbox);
  for (const std::uint32_t number :
       {data.serial, data.refresh, data.retry, data.expire, data.minimum})
    text += ' ' + std::to_string(number);
  return text;
}

std::string data_text(const TxtData& data) {
  std::string text;
  for (const std::string& string : data.strings) {
    text += text.empty() ? "\"" : " \"";
    for (const char octet : string) append_octet(text, octet, {.quoted = "\"\\", .plain_min = ' '});
    text += '"';
  }
  return text;
}

std::string data_text(const SrvData& data) {
  std::string text;
  for (const std::uint16_t number : {data.priority, data.weight, data.port})
    text += std::to_string(number) + ' ';
  return text + to_string(data.target);
}

std::string data_text(const RawData& data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\\# " + std::to_string(data.bytes.size());
  if (!data.bytes.empty()) text += ' ';
  for (const std::byte byte : data.bytes) {
    text += digits[std::to_integer<std::size_t>(byte >> 4)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{0xf})];
  }
  return text;
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
  const auto upper = [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - ('a' - 'A')) : letter;
  };
  return std::ranges::equal(a, b, {}, upper, upper);
}

}  // namespace

}  // namespace bowline::wire
