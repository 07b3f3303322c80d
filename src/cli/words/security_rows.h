#pragma once

#include <array>
#include <string_view>

#include "cli/words/table.h"

namespace bowline::cli {

// What connect and cat say about TLS: rows of the table.

inline constexpr Option tls_option{0, "tls", "", "speak TLS, whatever the port"};
inline constexpr Option dtls_option{
    0, "dtls", "", "speak DTLS over UDP, to which all options about TLS but --min-tls apply"};
inline constexpr Option plain_option{0, "plain", "",
                                     "do not encrypt, also where port or URL mean TLS"};
inline constexpr Option ca_option{
    0, "ca", "FILE", "trust the roots in FILE as well; FILE may be NAME of bowline cert root NAME",
    Suggest::files};
inline constexpr Option no_system_option{0, "no-system", "", "do not trust the roots of this host"};
inline constexpr Option distribution_only_option{
    0, "distribution-only", "",
    "of the roots of this host, trust only those that its distribution shipped"};
inline constexpr Option pin_option{
    0, "pin", "SHA256", "this key, or another one given so, must be in the chain of the peer"};
inline constexpr Option server_name_option{
    0, "server-name", "NAME", "ask for NAME, and expect a certificate for it, instead of HOST"};
inline constexpr Option cert_option{
    0, "cert", "FILE",
    "show this certificate (PEM, with those above it; or PKCS#12, which holds its key, too)",
    Suggest::files};
inline constexpr Option key_option{
    0, "key", "FILE", "its private key (PEM), if that is not in the same file", Suggest::files};
inline constexpr Option key_phrase_option{0, "key-phrase", "PHRASE",
                                          "what opens the key if it is encrypted, or @FILE; asked "
                                          "for on the terminal if it is not given"};
inline constexpr Option alpn_option{0, "alpn", "LIST",
                                    "offer these protocols, best first: h2,http/1.1"};
inline constexpr Option min_tls_option{0, "min-tls", "1.2|1.3",
                                       "speak no older version of TLS (default 1.2)"};
inline constexpr Option psk_option{
    0, "psk", "ID:KEY",
    "prove by a key that both sides have, instead of certificates: hexadecimal, of "
    "16 bytes at least, or @FILE. Others can see a KEY in the list of processes"};
inline constexpr Option psk_phrase_option{
    0, "psk-phrase", "ID:PHRASE",
    "the same, with a key that is made of words, or of those in @FILE; who "
    "records a handshake can try words for ever"};
inline constexpr Option insecure_option{
    0, "insecure", "", "trust anybody: whoever is on the way can read and change everything"};
inline constexpr Option client_ca_option{
    0, "client-ca", "FILE", "ask clients for a certificate; the roots in FILE vouch for them",
    Suggest::files};
inline constexpr Option require_client_option{0, "require-client", "",
                                              "refuse clients without a certificate"};
inline constexpr std::string_view about_tls(
    "TLS is spoken if the scheme of URL means it (https, wss, imaps ...) or, without a known "
    "scheme, "
    "if PORT does (443, 465, 563, 636, 853, 989, 990, 992, 993, 995, 2083, 2376, 3269, 4460, 5061, "
    "5223, 5349, 5671, 5684, 6443, 6514, 6697, 8443, 8883), or if an option is about it. Then a "
    "connection is made only with a peer that proves to be HOST, by a certificate that leads to a "
    "root which this host trusts; the report says why it was trusted, or what is wrong with it.");

// In this order in the help of both; what only a listener has stands between them.
inline constexpr std::array identity_options{tls_option,  dtls_option, plain_option,
                                             ca_option,   pin_option,  server_name_option,
                                             cert_option, key_option,  key_phrase_option};
inline constexpr std::array agreement_options{
    alpn_option,      min_tls_option,           psk_option,     psk_phrase_option,
    no_system_option, distribution_only_option, insecure_option};

}  // namespace bowline::cli
