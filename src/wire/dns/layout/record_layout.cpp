#include "wire/dns/layout/record_layout.h"

#include <algorithm>
#include <array>

namespace bowline::wire {

namespace {

constexpr RecordType number(std::uint16_t value) { return static_cast<RecordType>(value); }

/// source    IANA, Domain Name System (DNS) Parameters, Resource Record (RR) TYPEs
constexpr std::array layouts = std::to_array<TypeLayout>({
    {RecordType::a, "A", ""},
    {RecordType::ns, "NS", ""},
    {number(3), "MD", "n", true},
    {number(4), "MF", "n", true},
    {RecordType::cname, "CNAME", ""},
    {RecordType::soa, "SOA", ""},
    {number(7), "MB", "n", true},
    {number(8), "MG", "n", true},
    {number(9), "MR", "n", true},
    {number(10), "NULL", ""},
    {RecordType::ptr, "PTR", ""},
    {number(13), "HINFO", "ss"},
    {number(14), "MINFO", "nn", true},
    {number(15), "MX", "2n", true},
    {RecordType::txt, "TXT", ""},
    {number(17), "RP", "nn", true},
    {number(18), "AFSDB", "2n", true},
    {number(19), "X25", "s"},
    {number(20), "ISDN", "t"},
    {number(21), "RT", "2n", true},
    {number(25), "KEY", "211b"},
    {number(26), "PX", "2nn", true},
    {RecordType::aaaa, "AAAA", ""},
    {number(29), "LOC", "L"},
    {RecordType::srv, "SRV", ""},
    {number(35), "NAPTR", "22sssn", true},
    {number(36), "KX", "2n", true},
    {number(37), "CERT", "221b"},
    {number(39), "DNAME", "n", true},
    {RecordType::opt, "OPT", "", false, false},
    {number(42), "APL", ""},
    {number(43), "DS", "211x"},
    {number(44), "SSHFP", "11x"},
    {number(45), "IPSECKEY", ""},
    {number(46), "RRSIG", "y114dd2nb"},
    {number(47), "NSEC", "nm"},
    {number(48), "DNSKEY", "211b"},
    {number(49), "DHCID", "b"},
    {number(50), "NSEC3", "112h3m"},
    {number(51), "NSEC3PARAM", "112h"},
    {number(52), "TLSA", "111x"},
    {number(53), "SMIMEA", "111x"},
    {number(55), "HIP", ""},
    {number(59), "CDS", "211x"},
    {number(60), "CDNSKEY", "211b"},
    {number(61), "OPENPGPKEY", "b"},
    {number(62), "CSYNC", "42m"},
    {number(63), "ZONEMD", "411x"},
    {RecordType::svcb, "SVCB", ""},
    {RecordType::https, "HTTPS", ""},
    {number(99), "SPF", "t"},
    {number(107), "LP", "2n"},
    {number(108), "EUI48", "e"},
    {number(109), "EUI64", "e"},
    {number(249), "TKEY", "", false, false},
    {number(250), "TSIG", "", false, false},
    {number(251), "IXFR", "", false, false},
    {number(252), "AXFR", "", false, false},
    {number(253), "MAILB", "", false, false},
    {number(254), "MAILA", "", false, false},
    {RecordType::any, "ANY", "", false, true},
    {number(256), "URI", "22v"},
    {number(257), "CAA", "1kv"},
    {number(32769), "DLV", "211x"},
});

char upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - ('a' - 'A')) : letter;
}

}  // namespace

const TypeLayout* layout_of(RecordType type) {
  const auto known = std::ranges::find(layouts, type, &TypeLayout::type);
  return known == layouts.end() ? nullptr : &*known;
}

const TypeLayout* layout_named(std::string_view name) {
  const auto known = std::ranges::find_if(layouts, [&](const TypeLayout& layout) {
    return std::ranges::equal(layout.name, name, {}, {}, upper);
  });
  return known == layouts.end() ? nullptr : &*known;
}

}  // namespace bowline::wire
