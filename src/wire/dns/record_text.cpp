#include <algorithm>
#include <charconv>
#include <utility>

#include "base/bytes.h"
#include "wire/dns/layout/record_layout.h"
#include "wire/dns/message.h"
#include "wire/dns/octet_text.h"
#include "wire/dns/service.h"

namespace bowline::wire {

namespace {

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
  if (const TypeLayout* layout = layout_of(type)) return std::string(layout->name);
  return "TYPE" + std::to_string(std::to_underlying(type));
}

std::optional<RecordType> record_type_from(std::string_view text) {
  if (const TypeLayout* layout = layout_named(text)) return layout->type;
  constexpr std::string_view prefix = "TYPE";
  if (equal_in_any_case(text.substr(0, prefix.size()), prefix)) text.remove_prefix(prefix.size());
  std::uint16_t number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return static_cast<RecordType>(number);
}

bool may_be_asked(RecordType type) {
  const TypeLayout* layout = layout_of(type);
  return std::to_underlying(type) != 0 && (layout == nullptr || layout->is_record);
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
  const auto* raw = std::get_if<RawData>(&record.data);
  const TypeLayout* layout = raw != nullptr ? layout_of(record.type) : nullptr;
  if (layout != nullptr && !layout->fields.empty() && record.record_class == class_in)
    if (std::string text = layout_text(layout->fields, raw->bytes); !text.empty()) return text;
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
