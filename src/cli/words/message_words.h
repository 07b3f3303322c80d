#pragma once

#include <array>
#include <string_view>

#include "cli/subcommands.h"
#include "cli/words/every_command_rows.h"
#include "cli/words/security_rows.h"
#include "cli/words/table.h"

// The part of the table that is about messages.

namespace bowline::cli::message_words {

// ws
inline constexpr std::array ws_synopses{std::string_view("[OPTION]... URL"),
                                        std::string_view("-l [OPTION]... [ADDR] PORT")};
inline constexpr std::array ws_description{
    std::string_view(
        "Opens a WebSocket and sends each line of standard input as a message; messages that "
        "come are written to standard output, one a line. At the end of input it waits until no "
        "message has come for a second, says goodbye, and writes what still comes until the peer "
        "has answered. Who is connected, pongs and "
        "goodbyes are said on standard error."),
    std::string_view(
        "A listener takes as many clients as come, until it is interrupted, and sends each line "
        "to all of them; with --echo it sends back what it gets instead. It listens on this host "
        "only unless ADDR is given. Pages of other origins are refused unless --any-origin is "
        "given."),
    std::string_view(
        "The exit status is 1 if the peer's goodbye has a code other than 1000 and 1001. With "
        "--json all is written to standard output as JSON Lines: events open, message, pong, "
        "closed, listening and refused."),
    about_tls,
};
inline constexpr std::array ws_arguments{
    Argument{"URL", "ws://HOST[:PORT]/PATH, or wss:// for TLS, which is meant without a scheme",
             Suggest::hosts},
    Argument{"ADDR", "a local address to listen on; 127.0.0.1 if it is left out"},
    Argument{"PORT", "a number from 0, which lets the system choose, to 65535"},
};
inline constexpr auto ws_options = all_of(
    std::array{
        Option{'l', "listen", "", "listen on PORT instead of connecting"},
        Option{0, "echo", "", "with -l: send back what comes"},
        Option{0, "binary", "", "send binary messages, not text"},
        Option{0, "ping", "S", "ping every S seconds, and say how long the pong took"},
        Option{0, "subprotocol", "NAME", "offer or accept this; as often as you like, best first"},
        Option{'H', "header", "NAME: VALUE", "send this field; as often as you like"},
        Option{0, "origin", "ORIGIN", "say that a page of ORIGIN connects: https://example.com"},
        Option{0, "any-origin", "", "with -l: let pages of every origin connect"},
        Option{0, "compress", "", "compress messages if the peer agrees"}, ipv4_option, ipv6_option,
        Option{0, "interface", "IF", "use this network interface only", Suggest::interfaces},
        Option{0, "source", "ADDR[:PORT]", "send from this address, and from this port"},
        Option{0, "timeout", "S", "give up connecting after S seconds (default 30)"},
        Option{0, "server", "IP[:PORT]", "ask this DNS server and no other"},
        Option{0, "wait", "", "once every candidate has failed, wait and try again"}},
    std::array{tls_option, plain_option, ca_option, pin_option, server_name_option, cert_option,
               key_option, key_phrase_option, client_ca_option, require_client_option},
    agreement_options, std::array{json_option, help_option});
inline constexpr std::array ws_examples{
    Example{"bowline ws wss://echo.example.com/", "Talks to a server, line by line."},
    Example{"bowline ws -l --echo 8080", "A server that sends back what it gets ..."},
    Example{"echo hello | bowline ws ws://127.0.0.1:8080/", "... and one that asks it."},
    Example{"bowline ws --json --ping 5 wss://example.com/feed",
            "For programs, with a ping every 5 s."}};

inline constexpr Command ws{"ws", "talk by WebSocket", ws_synopses, ws_description, ws_arguments, 1,
                            2,    ws_options,          ws_examples, run_ws};

// drop
inline constexpr std::array drop_synopses{std::string_view("[OPTION]... [FILE]...")};
inline constexpr std::array drop_description{
    std::string_view(
        "Hands files to a browser next to you, and takes those that are dropped there: a page over "
        "HTTPS on "
        "an address of this host, with its QR code and a PIN on the terminal. Nothing leaves your "
        "network. Once a browser that had the PIN is gone, so is this, unless --stay is given."),
    std::string_view("Files that come are in their place only once they are whole, and replace "
                     "nothing. After five wrong "
                     "PINs it ends, with status 5."),
};
inline constexpr std::array drop_arguments{Argument{"FILE", "what to hand out", Suggest::files}};
inline constexpr std::array drop_options{
    Option{0, "into", "DIR", "put what comes into this folder (default: where you are)",
           Suggest::folders},
    Option{'p', "port", "PORT", "listen on this port; the system chooses a free one unless given"},
    Option{0, "listen", "ADDR", "listen on this address (default: one that neighbours can reach)"},
    Option{0, "stay", "", "stay for other browsers, until interrupted"},
    json_option,
    help_option};
inline constexpr std::array drop_examples{
    Example{"bowline drop holiday.jpg", "Hands a picture to the telephone that scans the code."},
    Example{"bowline drop --into Pictures", "Takes pictures from it."}};

inline constexpr Command drop{"drop",         "files to and from a browser next to you",
                              drop_synopses,  drop_description,
                              drop_arguments, 0,
                              1000,           drop_options,
                              drop_examples,  run_drop};

}  // namespace bowline::cli::message_words
