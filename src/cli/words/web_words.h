#pragma once

#include <array>
#include <string_view>

#include "cli/subcommands.h"
#include "cli/words/every_command_rows.h"
#include "cli/words/proxy_rows.h"
#include "cli/words/table.h"

// The part of the table that is about get, put and serve.

namespace bowline::cli::web_words {

inline constexpr Option web_header{'H', "header", "NAME: VALUE",
                                   "send this field; as often as you like"};
inline constexpr Option web_user{
    'u', "user", "USER:PASSWORD",
    "answer challenges with this: Digest if the server can, else Basic"};
inline constexpr Option web_bearer{0, "bearer", "TOKEN", "say who you are by this token"};
inline constexpr Option web_http1{0, "http1.1", "", "speak HTTP/1.1 only"};
inline constexpr Option web_http2{0, "http2", "", "speak HTTP/2 only"};
inline constexpr Option web_ca{0, "ca", "FILE", "trust the roots in this file, too"};
inline constexpr Option web_insecure{
    0, "insecure", "", "check no certificate: anybody on the way can read and change everything"};
inline constexpr Option web_timeout{0, "timeout", "S", "give up after S seconds in all"};
inline constexpr Option web_idle{0, "idle", "S", "give up after S seconds of silence (default 60)"};
inline constexpr Option web_verbose{
    'v', "verbose", "", "say on standard error what was asked, what came and what took how long"};
inline constexpr Option web_cookies{
    'c', "cookie-jar", "FILE", "take cookies from this file, and keep them there, as curl does"};
inline constexpr Option web_fail{'f', "fail", "", "exit with 1 for a status of 400 and above"};
inline constexpr Option web_retry{
    0, "retry", "N",
    "try again up to N times, after 1, 2, 4 ... s, when the connection broke or the "
    "server was overloaded"};
inline constexpr Option web_rate{0, "limit-rate", "BYTES", "take no more a second: 500, 20K, 3M"};

/// What get and put have in common, at the end of their lists.
inline constexpr std::array web_common{
    web_http1,           web_http2,   web_ca,      web_insecure, web_proxy_option,
    web_no_proxy_option, ipv4_option, ipv6_option, web_timeout,  web_idle,
    web_verbose,         json_option, help_option};

// get
inline constexpr std::array get_synopses{std::string_view("[OPTION]... URL...")};
inline constexpr std::array get_description{
    std::string_view("Fetches each URL and writes what came to standard output, or to files with "
                     "-o and -O: then all URLs at once, "
                     "with a line of progress for each on a terminal. Redirects are followed, "
                     "content codings taken off, cookies "
                     "kept until the command ends. A file is in its place only once it is whole."),
    std::string_view("A status such as 404 is an answer like any other, unless --fail is given. A "
                     "download that broke leaves "
                     "FILE.resume beside its place, with which -C goes on where it ended."),
    std::string_view("With --json one object for each URL is printed, with all its transactions "
                     "and what took how long; bodies go "
                     "to files only, or nowhere."),
};
inline constexpr std::array get_arguments{
    Argument{"URL", "what to fetch; https:// if it names no scheme", Suggest::hosts}};
inline constexpr auto get_options = all_of(
    std::array{
        Option{'o', "output", "FILE", "write to this file, which is replaced; for one URL"},
        Option{'O', "remote-name", "",
               "write to a file of the name that the URL ends with, unless there is one already"},
        Option{'C', "continue", "", "go on with what an earlier download left"},
        Option{'X', "request", "METHOD", "ask by this method"}, web_header,
        Option{'d', "data", "DATA",
               "send this as a form (POST); @FILE for the content of a file, as often as you like"},
        Option{0, "json-body", "JSON",
               "send this as application/json (POST); @FILE for the content of a file"},
        Option{'F', "form", "NAME=VALUE",
               "send multipart/form-data (POST); NAME=@FILE for a file, as often as you like"},
        Option{'I', "head", "", "ask for the head only, and print it"}, web_user, web_bearer,
        Option{0, "compressed", "", "accepted as curl has it: codings are asked for anyway"},
        web_cookies, web_retry, web_rate, web_fail},
    web_common);
inline constexpr std::array get_examples{
    Example{"bowline get https://example.com/", "Prints the page."},
    Example{"bowline get -O https://example.com/a.tar.gz https://example.com/b.tar.gz",
            "Downloads both at once."},
    Example{"bowline get -C -o a.iso https://example.com/a.iso",
            "Goes on with a download that broke."},
    Example{"bowline get -v --json-body '{\"a\": 1}' https://example.com/api",
            "Posts, and says what happened."},
};

// put
inline constexpr std::array put_synopses{std::string_view("[OPTION]... FILE URL")};
inline constexpr std::array put_description{
    std::string_view("Sends a file to a URL by PUT, and prints what the server answers.")};
inline constexpr std::array put_arguments{
    Argument{"FILE", "what to send; - is standard input, read to its end before"},
    Argument{"URL", "where to; with a slash at its end, the file's name is added", Suggest::hosts}};
inline constexpr auto put_options = all_of(
    std::array{
        Option{'X', "request", "METHOD", "POST, for example, instead of PUT"}, web_header,
        Option{0, "type", "TYPE", "the type of the content (default application/octet-stream)"},
        Option{0, "expect", "", "send the content only once the server has agreed (100-continue)"},
        web_user, web_bearer, web_retry, web_fail},
    web_common);
inline constexpr std::array put_examples{
    Example{"bowline put report.pdf https://example.com/in/", "Sends it to /in/report.pdf."}};

// serve
inline constexpr std::array serve_synopses{std::string_view("[OPTION]... DIR")};
inline constexpr std::array serve_description{
    std::string_view("Serves the files of a folder over HTTPS, by HTTP/1.1 and HTTP/2, until it is "
                     "interrupted: with ranges, "
                     "validators and lists of folders. Nothing outside of the folder, no hidden "
                     "file and no link out of it is given."),
    std::string_view("Without --cert it makes a certificate for this host's addresses and a root "
                     "that vouches for it; --write-root "
                     "saves that root, so that `bowline get --ca` and other clients can trust it. "
                     "Everybody who can reach an address "
                     "can read; it listens on this host only unless --all or --listen is given. On "
                     "a terminal, an "
                     "address that others can reach is drawn as a QR code, too."),
};
inline constexpr std::array serve_arguments{Argument{"DIR", "the folder", Suggest::folders}};
inline constexpr std::array serve_options{
    Option{'p', "port", "PORT", "listen on this port; the system chooses a free one unless given"},
    Option{0, "listen", "ADDR", "listen on this address (default 127.0.0.1)"},
    Option{0, "all", "", "listen on every address of this host"},
    Option{0, "plain", "", "without TLS"},
    Option{0, "cert", "FILE", "the certificate and those above it, as PEM; with --key"},
    Option{0, "key", "FILE", "its private key"},
    Option{0, "write-root", "FILE", "save the root of the certificate that is made"},
    Option{0, "qr", "", "draw a QR code of the address, also if nobody else can reach it"},
    json_option,
    help_option};
inline constexpr std::array serve_examples{
    Example{"bowline serve --write-root root.pem .", "Serves this folder to this host ..."},
    Example{"bowline get --ca root.pem https://localhost:PORT/file", "... where this reads it."}};

inline constexpr Command get{"get",         "fetch URLs, print them or save them",
                             get_synopses,  get_description,
                             get_arguments, 1,
                             256,           get_options,
                             get_examples,  run_get};
inline constexpr Command put{
    "put",       "send a file to a URL", put_synopses, put_description, put_arguments, 2, 2,
    put_options, put_examples,           run_put};
inline constexpr Command serve{"serve",
                               "serve the files of a folder",
                               serve_synopses,
                               serve_description,
                               serve_arguments,
                               1,
                               1,
                               serve_options,
                               serve_examples,
                               run_serve};

}  // namespace bowline::cli::web_words
