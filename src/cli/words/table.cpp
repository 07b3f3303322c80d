#include "cli/words/table.h"

#include <algorithm>
#include <array>

#include "cli/subcommands.h"
#include "cli/words/every_command_rows.h"
#include "cli/words/message_words.h"
#include "cli/words/path_words.h"
#include "cli/words/proxy_rows.h"
#include "cli/words/security_rows.h"
#include "cli/words/web_words.h"

namespace bowline::cli {

namespace {

using Text = std::string_view;

constexpr Option version_option{'V', "version", "", "show the version and exit"};
constexpr Option udp{0, "udp", "", "speak UDP"};
constexpr Option tcp{0, "tcp", "", "speak TCP (the default), by itself or under TLS"};
constexpr Option interface{0, "interface", "IF", "use this network interface only",
                           Suggest::interfaces};
constexpr Option source{0, "source", "ADDR[:PORT]", "send from this address, and from this port"};
constexpr Option timeout{0, "timeout", "S",
                         "give up after S seconds, waiting included (default 30)"};
constexpr Option server{0, "server", "IP[:PORT]",
                        "ask this DNS server and no other (port 53 unless given)"};
constexpr Option wait_option{
    0, "wait", "",
    "once every candidate has failed, wait for the network or the peer and try again"};

// connect
constexpr std::array connect_synopses{Text("[OPTION]... HOST PORT"), Text("[OPTION]... URL")};
constexpr std::array connect_description{
    Text("Resolves the name, races the addresses it has (Happy Eyeballs), prints what was tried "
         "and what came of it, "
         "and closes the connection again. On a terminal the report is a waterfall: each question "
         "and each attempt "
         "from its start to its end."),
    Text("When every candidate has failed, connect fails. With --wait it tries again until "
         "--timeout: at once when "
         "the local network changes, else after a pause of 1 s that doubles up to 60 s; a line on "
         "the terminal says "
         "what it waits for. A connection that was waiting when the time was up is reported as "
         "waiting, and the exit "
         "status says for what: 3 for a name, 4 for a refusal, and 7 only where an attempt was "
         "still going on."),
    about_tls,
    Text("UDP has no handshake: there, ready says that a route and a local address exist."),
};
constexpr std::array connect_arguments{
    Argument{
        "HOST",
        "a name, an IPv4 or an IPv6 address; a link-local one needs its interface, as fe80::1%eth0",
        Suggest::hosts},
    Argument{"PORT", "a number from 1 to 65535"},
    Argument{"URL", "host and port in one, with the port of the scheme: https://example.com/"},
};
constexpr std::array reach_options{ipv4_option, ipv6_option, udp,    tcp,         interface,
                                   source,      timeout,     server, wait_option, proxy_option};
constexpr std::array common_options{json_option, help_option};
constexpr auto connect_options = all_of(reach_options, path_words::way_options, identity_options,
                                        agreement_options, common_options);
constexpr std::array connect_examples{
    Example{"bowline connect example.com 443", "Shows how a connection comes about, or why not."},
    Example{"bowline connect -4 --json https://example.com/", "The same for programs, IPv4 only."},
    Example{"bowline connect --ca ca.pem localhost 8443",
            "TLS with a server whose certificate a root of your own vouches for."},
};

// cat
constexpr Option listen{'l', "listen", "",
                        "listen on PORT, of ADDR or of every address, instead of connecting"};
constexpr Option keep{'k', "", "", "keep listening: after one peer comes the next"};
constexpr Option keep_open{
    0, "keep-open", "",
    "send input to its end, however long it pauses, to a peer that has ended its side"};
constexpr Option frame{
    0, "frame", "FORMAT",
    "lines of input become messages, and messages lines of output: line, length[:WIDTH], "
    "tlv[:WIDTH:WIDTH], varint, slip, cobs, json or json-seq"};
constexpr std::array cat_synopses{Text("[OPTION]... HOST PORT"), Text("[OPTION]... URL"),
                                  Text("-l [OPTION]... [ADDR] PORT")};
constexpr std::array cat_description{
    Text(
        "Sends standard input to the peer and writes what the peer sends to standard output, "
        "bytes as they are and "
        "no faster than either side takes them. At the end of input it ends its side of the "
        "connection and goes "
        "on receiving; it exits when both sides have ended. Once the peer has ended and no input "
        "is "
        "waiting, a terminal or an open pipe counts as ended too, unless --keep-open is given. Who "
        "is connected is said on standard error."),
    Text("With --udp, each read of input becomes one datagram, of at most what the path carries in "
         "one packet. The "
         "peer's side of a UDP flow has no end: cat exits when input has ended and no datagram has "
         "come for "
         "--timeout seconds (1 unless given); with -k it turns to the next peer when none has come "
         "for that long."),
    Text("A listener takes one peer at a time and exits after the first, unless -k is given. It "
         "waits for a peer as "
         "long as it takes, or for --timeout seconds. Port 0 lets the system choose a free one."),
    Text("With --frame, each line of input is a message, framed in that way, and each message that "
         "comes is a "
         "line of output; of tlv, lines begin with the type and a space. Widths are numbers of "
         "octets. cat exits "
         "when input has ended and no message has come for --timeout seconds (1 unless given)."),
    about_tls,
    Text("A listener speaks TLS if it is given something to show: --cert and --key, or --psk."),
    Text("With --json, what is said on standard error is JSON Lines; standard output carries the "
         "peer's bytes."),
};
constexpr std::array cat_arguments{
    Argument{"HOST", "a name or an address, as for connect", Suggest::hosts},
    Argument{"ADDR", "a local address to listen on; every address if it is left out"},
    Argument{"PORT", "a number from 1 to 65535"},
    Argument{"URL", "host and port in one, as for connect"},
};
constexpr auto cat_options =
    all_of(std::array{listen, keep, keep_open, frame}, reach_options, path_words::way_options,
           identity_options, std::array{client_ca_option, require_client_option}, agreement_options,
           common_options);
constexpr std::array cat_examples{
    Example{"bowline cat -l 7000 > copy", "Receives a file ..."},
    Example{"bowline cat host.example 7000 < file", "... that this sends."},
    Example{"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | bowline cat http://example.com/",
            "Asks a web server by hand."},
    Example{"echo '1 hello' | bowline cat --frame tlv:2:4 device.example 7000",
            "Sends a message of type 1 to a device."},
    Example{"bowline cat -l --cert web.pem --key web.key 8443",
            "Waits for a peer that speaks TLS."},
};

// resolve
constexpr std::array resolve_synopses{Text("[OPTION]... NAME [TYPE]...")};
constexpr std::array resolve_description{
    Text("Asks for each type on its own, as connections do, and prints the answers as they come: "
         "type, data, how "
         "long they stay valid, who answered and how long that took. The hosts file, the search "
         "list and the servers "
         "of resolv.conf count; --server asks one server instead."),
};
constexpr std::array resolve_arguments{
    Argument{
        "NAME",
        "the name to look up; a dot at its end keeps the search list out of it; of an address, the "
        "names that it has (PTR)",
        Suggest::hosts},
    Argument{"TYPE",
             "AAAA and A unless given; any type by its name (A AAAA CAA CNAME DNSKEY DS HTTPS LOC "
             "MX NAPTR NS "
             "PTR SOA SRV SSHFP SVCB TLSA TXT ...) or by its number, as TYPE1234 or 1234",
             Suggest::record_types},
};
constexpr Option verbose{
    'v', "verbose", "",
    "say of each answer what header, flags and EDNS its reply had, and what was "
    "out of the ordinary"};
constexpr Option trace_walk{
    0, "trace", "", "walk from the root servers to those that know the name, as dig +trace does"};
constexpr std::array resolve_options{server, verbose, trace_walk, json_option, help_option};
constexpr std::array resolve_examples{
    Example{"bowline resolve example.com", "Every address of a name."},
    Example{"bowline resolve --server 192.0.2.53 example.com HTTPS TXT",
            "Other types, from a server of your choice."},
    Example{"bowline resolve 192.0.2.1", "The names of an address."},
    Example{"bowline resolve --trace example.com MX", "Who says so, from the root down."},
};

// cert
constexpr std::array cert_synopses{
    Text("show [OPTION]... FILE"),
    Text("show [OPTION]... HOST:PORT"),
    Text("root [OPTION]... NAME"),
    Text("server --ca NAME [OPTION]... HOST..."),
    Text("client --ca NAME [OPTION]... PERSON"),
    Text("wrong --ca NAME [OPTION]... FLAW HOST..."),
    Text("wrong"),
};
constexpr std::array cert_description{
    Text("Explains certificates, and makes them for tests and for a network of your own."),
    Text("show prints what each certificate of a file says, leads the first one to a root as a "
         "connection would, and says in plain words why it is trusted or what is wrong with it. "
         "Without --host it is not asked for whom the certificate is. With HOST:PORT it connects, "
         "takes whatever certificates it is shown, and judges them as those of HOST. The exit "
         "status "
         "is 0 if it is trusted, and 5 if not."),
    Text("root makes an authority; server and client make certificates that it vouches for. Each "
         "writes NAME.pem, a chain as servers send it, and NAME.key, its private key, which only "
         "you can read; NAME is that of the first host or the person unless --out gives another. "
         "Files that are there already stay, and are an error."),
    Text("wrong makes a certificate with one flaw, so that your own tests can see it refused. "
         "Without arguments it lists the flaws."),
};
constexpr std::array cert_arguments{
    Argument{"ACTION", "show, root, server, client or wrong"},
    Argument{"WHAT",
             "the file or the host and port to be shown; the name of the root or client; the hosts "
             "and addresses "
             "of the server, of which *.example.com stands for all names below; for wrong, "
             "a flaw before them",
             Suggest::files},
};
constexpr std::array cert_options{
    Option{0, "ca", "NAME",
           "the authority that vouches, from NAME.pem and NAME.key; for show, a file of roots to "
           "be trusted as well"},
    Option{0, "out", "NAME", "write NAME.pem and NAME.key"},
    Option{0, "days", "N", "valid for N days (default 90; for root 3650)"},
    Option{0, "host", "HOST", "show: it must be for this host or address"},
    Option{0, "client", "", "show: it is of a client; wrong: make it for a client"},
    Option{0, "no-system", "", "show: do not trust the roots of this host"},
    Option{0, "distribution-only", "",
           "show: of the roots of this host, trust only those that its distribution shipped"},
    Option{0, "pin", "SHA256", "show: this key must be in the chain"},
    json_option,
    help_option};
constexpr std::array cert_examples{
    Example{"bowline cert root ca", "Makes ca.pem and ca.key, a root of your own."},
    Example{"bowline cert server --ca ca localhost 127.0.0.1",
            "Makes localhost.pem and localhost.key for a server on this machine."},
    Example{"bowline cert wrong --ca ca --out old expired localhost",
            "Makes old.pem and old.key, which no client may accept."},
    Example{"bowline cert show --ca ca.pem --host localhost localhost.pem",
            "Is it trusted, and why?"},
    Example{"bowline cert show example.com:443", "What does this server show, and what is wrong?"},
};

// demo
constexpr std::array demo_synopses{Text("[OPTION]...")};
constexpr std::array demo_description{
    Text("Shows what Bowline does, without a network and without privileges. First it builds a "
         "network in memory, "
         "in which a server has both an IPv4 and an IPv6 address and every IPv6 packet to it "
         "vanishes, connects by "
         "name and shows how IPv4 takes over. Then it does the same on real sockets of the "
         "loopback interface, with "
         "a DNS server of its own. Then TLS meets a server that cannot prove who it is, and goes "
         "on to "
         "the next address. A page is fetched again, a WebSocket carries messages until its server "
         "vanishes, and a laptop's networks come and go: its path, what a choosy connection waits "
         "for, and where it goes on. Last comes a table of the first two."),
};
constexpr std::array demo_options{json_option, help_option};
constexpr std::array demo_examples{
    Example{"bowline demo", "A minute's reading, a moment's running."}};

// help
constexpr std::array help_synopses{Text("[--json] [COMMAND]")};
constexpr std::array help_description{
    Text("Shows the help of one command, or the list of all. With --json it prints the table that "
         "help, man pages "
         "and completions are made from."),
};
constexpr std::array help_arguments{
    Argument{"COMMAND", "the command to explain", Suggest::commands}};
constexpr std::array help_options{json_option, help_option};

// generate
constexpr std::array generate_synopses{Text("man|bash|zsh|fish DIR")};
constexpr std::array generate_description{
    Text("Writes man pages or a completion script below a folder.")};
constexpr std::array generate_arguments{
    Argument{"FORMAT", "man, bash, zsh or fish", Suggest::formats},
    Argument{"DIR", "the folder to write to; it must exist", Suggest::folders},
};
constexpr std::array generate_options{help_option};

constexpr std::array all{
    Command{"connect", "race a connection to a host and report what happened", connect_synopses,
            connect_description, connect_arguments, 1, 2, connect_options, connect_examples,
            run_connect},
    Command{"cat", "pipe standard input and output through a connection", cat_synopses,
            cat_description, cat_arguments, 1, 2, cat_options, cat_examples, run_cat},
    web_words::get,
    web_words::put,
    web_words::serve,
    message_words::ws,
    message_words::drop,
    Command{"resolve", "look a name up, one answer per type", resolve_synopses, resolve_description,
            resolve_arguments, 1, 17, resolve_options, resolve_examples, run_resolve},
    Command{"cert", "explain certificates, and make them for tests", cert_synopses,
            cert_description, cert_arguments, 1, 102, cert_options, cert_examples, run_cert},
    path_words::path,
    path_words::doctor,
    path_words::ping,
    path_words::trace,
    path_words::scan,
    Command{"demo",
            "show a broken network and a working connection",
            demo_synopses,
            demo_description,
            {},
            0,
            0,
            demo_options,
            demo_examples,
            run_demo},
    Command{"help",
            "explain a command",
            help_synopses,
            help_description,
            help_arguments,
            0,
            1,
            help_options,
            {},
            run_help},
    Command{"generate",
            "write man pages and completions",
            generate_synopses,
            generate_description,
            generate_arguments,
            2,
            2,
            generate_options,
            {},
            run_generate,
            true},
};

constexpr std::array globals{help_option, version_option};

constexpr std::array status_rows{
    Status{0, "it worked"},
    Status{1, "it worked, and the answer is no"},
    Status{2, "the command line makes no sense; nothing was tried"},
    Status{3, "the name does not exist or could not be resolved"},
    Status{4, "no connection, or no path to one; or standard input or output failed"},
    Status{5, "the peer could not prove who it is"},
    Status{6, "the peer or a server broke the protocol"},
    Status{7, "the time was up"},
    Status{10, "the system did not permit it"},
    Status{130, "interrupted"},
};

constexpr std::array environment_rows{
    Argument{"NO_COLOR", "if it is set and not empty, no colours"},
    Argument{"CLICOLOR_FORCE",
             "if it is set and not 0, colours and pictures also where output is no terminal"},
    Argument{"COLUMNS", "width of the output where the terminal does not tell"},
    Argument{"LC_ALL, LC_CTYPE, LANG",
             "UTF-8 in the first of these that is set gives pictures better lines"},
    Argument{"BOWLINE_LOG",
             "trace, or the id of a connection, shows on standard error all that happens to it"},
    Argument{
        "SSLKEYLOGFILE",
        "a file that the secrets of TLS are appended to: whoever reads it can read everything"},
};

}  // namespace

std::span<const Command> commands() { return all; }

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(all, name, &Command::name);
  return found == all.end() ? nullptr : &*found;
}

std::span<const Option> global_options() { return globals; }
std::span<const Status> statuses() { return status_rows; }
std::span<const Argument> environment() { return environment_rows; }
std::string_view version() { return BOWLINE_VERSION; }

}  // namespace bowline::cli
