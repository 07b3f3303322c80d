#pragma once

#include <array>
#include <string_view>

#include "cli/subcommands.h"
#include "cli/words/every_command_rows.h"
#include "cli/words/table.h"

// The part of the table that is about the network itself: path, doctor, ping, trace and scan.

namespace bowline::cli::path_words {

using Sentence = std::string_view;

// What connect and cat say about the way, too.
inline constexpr Option interface_type{
    0, "interface-type", "TYPE",
    "use interfaces of this type only: wired, wifi, cellular, tunnel, peer_to_peer or other"};
inline constexpr Option prohibit_expensive{
    0, "prohibit-expensive", "", "use no interface that costs money, such as a cellular one"};
inline constexpr Option prohibit_constrained{0, "prohibit-constrained", "",
                                             "use no interface that shall be spared"};
inline constexpr Option service_class{
    0, "service-class", "CLASS",
    "mark packets for routers: best_effort, background, video, voice, responsive or signaling"};
inline constexpr Option keepalive{
    0, "keepalive", "S", "probe an idle peer after S seconds, and give it up after three of them"};
inline constexpr Option multipath{0, "multipath", "", "Multipath TCP, if the peer speaks it, too"};
inline constexpr std::array way_options{interface_type, prohibit_expensive, prohibit_constrained,
                                        service_class,  keepalive,          multipath};

inline constexpr Option way_interface{0, "interface", "IF", "use this network interface only",
                                      Suggest::interfaces};

// path
inline constexpr std::array path_synopses{Sentence("[OPTION]... [HOST]")};
inline constexpr std::array path_description{
    Sentence("Prints what connections have to go by on this host: whether the network can be used "
             "beyond the host, with which families, the interfaces and their addresses, what they "
             "cost, the routes, and the DNS servers. Where it cannot be used, every reason is "
             "said."),
    Sentence("With HOST, or with options about interfaces, it prints the path that a connection "
             "with these options has: the interfaces that do, best first."),
    Sentence("With --watch it goes on, and prints the path again whenever it has changed."),
};
inline constexpr std::array path_arguments{Argument{
    "HOST", "a name or an address, as for connect; names are not looked up", Suggest::hosts}};
inline constexpr Option watch{'w', "watch", "", "print each change until interrupted"};
inline constexpr std::array path_options{
    watch,          ipv4_option,        ipv6_option,          way_interface,
    interface_type, prohibit_expensive, prohibit_constrained, json_option,
    help_option};
inline constexpr std::array path_examples{
    Example{"bowline path", "Is there a network, and which?"},
    Example{"bowline path --watch --prohibit-expensive example.com",
            "Says when example.com can be reached without costs, and when not."}};

// doctor
inline constexpr std::array doctor_synopses{Sentence("[OPTION]... [HOST[:PORT]]"),
                                            Sentence("[OPTION]... port NUMBER")};
inline constexpr std::array doctor_description{
    Sentence("Looks at everything that connections depend on, and says of each whether it is well: "
             "interfaces, routes and routers, DNS servers by UDP and by TCP, IPv6, the clock, "
             "proxies in the environment, the kernel's filters, and programs that listen on "
             "addresses that this host does not have. Each line is a state, what was seen, and "
             "what to do about it."),
    Sentence("With HOST it also asks for the name, and looks at the way there; with PORT it "
             "connects."),
    Sentence("doctor port NUMBER tells which program has a port, whose it is, and who can reach "
             "it."),
    Sentence("The exit status is 1 if something is wrong, or nobody has the port."),
};
inline constexpr std::array doctor_arguments{
    Argument{"HOST[:PORT]", "whom you cannot reach; an IPv6 address with a port in brackets",
             Suggest::hosts},
    Argument{"NUMBER", "a port of this host, from 1 to 65535"}};
inline constexpr Option portal{
    0, "portal", "URL",
    "ask this http:// URL, which answers 204, whether a login page is in the way"};
inline constexpr std::array doctor_options{ipv4_option, ipv6_option, way_interface,
                                           portal,      json_option, help_option};
inline constexpr std::array doctor_examples{
    Example{"bowline doctor", "What is wrong with this network?"},
    Example{"bowline doctor example.com:443", "Why can I not reach it?"},
    Example{"bowline doctor port 5000", "Who has this port?"}};

// ping
inline constexpr Option count{'c', "count", "N", "stop after N probes"};
inline constexpr Option interval{'i', "interval", "S", "seconds between probes (default 1)"};
inline constexpr Option size{'s', "size", "BYTES", "bytes in each probe (default 56)"};
inline constexpr Option wait{'W', "timeout", "S", "wait S seconds for an answer (default 1)"};
inline constexpr std::array ping_synopses{Sentence("[OPTION]... HOST")};
inline constexpr std::array ping_description{
    Sentence("Sends probes to a host, one a second, and tells what came back and when, until "
             "interrupted or --count is reached. Without privileges: by ICMP echo where the system "
             "lets everybody send that (net.ipv4.ping_group_range), else by UDP to ports that "
             "nobody uses, which many hosts do not answer."),
    Sentence("The exit status is 1 if nobody answered."),
};
inline constexpr std::array ping_arguments{
    Argument{"HOST", "a name or an address", Suggest::hosts}};
inline constexpr std::array ping_options{count,       interval,    size,          wait,
                                         ipv4_option, ipv6_option, way_interface, service_class,
                                         json_option, help_option};
inline constexpr std::array ping_examples{
    Example{"bowline ping -c 3 example.com", "Is it there, and how far?"}};

// trace
inline constexpr Option hops{'m', "max-hops", "N", "stop after N hops (default 30)"};
inline constexpr Option probes{'q', "probes", "N", "probes for each hop (default 3)"};
inline constexpr std::array trace_synopses{Sentence("[OPTION]... HOST")};
inline constexpr std::array trace_description{
    Sentence("Finds the routers on the way to a host: probes that may pass one router, then two, "
             "and so on, tell where they ended. It needs no privilege, as ping."),
    Sentence("The exit status is 1 if the host was not reached."),
};
inline constexpr std::array trace_options{hops,        probes,        wait,        ipv4_option,
                                          ipv6_option, way_interface, json_option, help_option};
inline constexpr std::array trace_examples{
    Example{"bowline trace example.com", "Which way do packets go, and where do they end?"}};

// scan
inline constexpr Option scan_ports{'p', "ports", "LIST",
                                   "try these TCP ports (default 22,53,80,443,445,631,8080,9100)"};
inline constexpr std::array scan_synopses{Sentence("[OPTION]...")};
inline constexpr std::array scan_description{
    Sentence("Lists the hosts on the links of this host: their addresses, their names, and which "
             "of the chosen TCP ports are open. It asks each address of the networks that are on "
             "link, at most 1,024 of each, and by IPv6 everybody at once where echoes are "
             "allowed. Scan only networks that are yours."),
};
inline constexpr std::array scan_options{scan_ports, way_interface, wait, json_option, help_option};
inline constexpr std::array scan_examples{
    Example{"bowline scan --interface eth0", "Who else is on this cable?"}};

inline constexpr Command path{"path",
                              "show interfaces, routes and DNS servers",
                              path_synopses,
                              path_description,
                              path_arguments,
                              0,
                              1,
                              path_options,
                              path_examples,
                              run_path};
inline constexpr Command doctor{"doctor",
                                "say what is wrong with the network",
                                doctor_synopses,
                                doctor_description,
                                doctor_arguments,
                                0,
                                2,
                                doctor_options,
                                doctor_examples,
                                run_doctor};
inline constexpr Command ping{"ping",
                              "see whether a host is there, and how far",
                              ping_synopses,
                              ping_description,
                              ping_arguments,
                              1,
                              1,
                              ping_options,
                              ping_examples,
                              run_ping};
inline constexpr Command trace{"trace",
                               "find the routers on the way to a host",
                               trace_synopses,
                               trace_description,
                               ping_arguments,
                               1,
                               1,
                               trace_options,
                               trace_examples,
                               run_trace};
inline constexpr Command scan{"scan",
                              "list the hosts on this link",
                              scan_synopses,
                              scan_description,
                              {},
                              0,
                              0,
                              scan_options,
                              scan_examples,
                              run_scan};

}  // namespace bowline::cli::path_words
