"""bowline doctor, ping, trace, scan, and path with questions: on loopback, and in a namespace without a network."""
import json
import os
import socket
import subprocess
import unittest

from harness import (BOWLINE, PATIENCE_S, environment, listener, port_of, read_until, run, run_alone, run_json,
                     start)


def findings(*words):
    status, report = run_json("doctor", *words)
    return status, report["findings"]


def run_beside_a_server(*words):
    """The command in a namespace of its own, with loopback, in which something listens on 127.0.0.1:7007."""
    script = 'ip link set lo up; "$0" cat -l -k 127.0.0.1 7007 </dev/null >/dev/null 2>&1 & server=$!; ' \
             'until "$0" doctor port 7007 >/dev/null; do :; done; "$0" "$@"; status=$?; ' \
             'kill $server; exit $status'
    alone = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
    if subprocess.run([*alone, "ip link set lo up"], capture_output=True, check=False).returncode != 0:
        print("SKIPPED no namespaces here", flush=True)
        raise unittest.SkipTest("no namespaces here")
    done = subprocess.run([*alone, script, BOWLINE, *words, "--json"], capture_output=True, timeout=PATIENCE_S,
                          env=environment(), check=False)
    return done.returncode, json.loads(done.stdout)["findings"]


class Doctor(unittest.TestCase):
    def test_each_finding_has_a_state_evidence_and_perhaps_advice(self):
        status, found = run_beside_a_server("doctor")
        self.assertEqual(status, 1)
        for one in found:
            self.assertEqual(set(one), {"state", "subject", "evidence", "advice"})
            self.assertIn(one["state"], ("ok", "note", "doubtful", "bad"))
            self.assertTrue(one["evidence"])
        subjects = [one["subject"] for one in found]
        for wanted in ("path", "clock", "proxies", "rp_filter", "listeners"):
            self.assertIn(wanted, subjects)

    def test_says_what_is_wrong_without_a_network(self):
        done = run_alone("doctor")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, rb"bad +path: the host has no interface beyond loopback\n")
        self.assertRegex(done.stdout, rb"bad +dns: no server is configured")

    def test_connects_where_a_port_is_given(self):
        _, found = run_beside_a_server("doctor", "127.0.0.1:7007")
        port = next(one for one in found if one["subject"].startswith("port "))
        self.assertEqual(port["state"], "ok")
        self.assertIn("connected to 127.0.0.1", port["evidence"])
        _, found = run_beside_a_server("doctor", "127.0.0.1:7008")
        port = next(one for one in found if one["subject"].startswith("port "))
        self.assertEqual(port["state"], "bad")
        self.assertIn("refused", port["evidence"])

    def test_tells_who_has_a_port(self):
        with listener() as server:
            status, found = findings("port", port_of(server))
            self.assertEqual((status, len(found)), (0, 1))
            self.assertEqual(found[0]["subject"], f"tcp 127.0.0.1:{port_of(server)}")
            self.assertIn(f"process {os.getpid()}", found[0]["evidence"])
            self.assertIn("only programs on this host can reach it", found[0]["evidence"])
        with socket.create_server(("0.0.0.0", 0)) as everywhere:
            _, found = findings("port", port_of(everywhere))
            self.assertIn("everybody who can reach this host", found[0]["evidence"])

    def test_a_port_that_nobody_has_is_a_no(self):
        with listener() as server:
            free = port_of(server)
        status, found = findings("port", free)
        self.assertEqual((status, found[0]["state"]), (1, "bad"))
        self.assertIn("no program", found[0]["evidence"])

    def test_refuses_what_makes_no_sense(self):
        for words in (["port", "0"], ["port", "x"], ["a", "b"], ["bad name"], ["--portal", "https://x/"],
                      ["host:99999"]):
            self.assertEqual(run("doctor", *words).returncode, 2, words)


class Ping(unittest.TestCase):
    def test_this_host_answers(self):
        done = run("ping", "-c", "2", "-i", "0.01", "127.0.0.1", "--json")
        self.assertEqual(done.returncode, 0)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line["event"] for line in lines], ["reply", "reply", "summary"])
        self.assertEqual([line["outcome"] for line in lines[:2]], ["reached", "reached"])
        self.assertEqual((lines[2]["sent"], lines[2]["reached"]), (2, 2))
        self.assertIn(lines[2]["method"], ("echo", "udp"))

    def test_is_written_for_people(self):
        done = run("ping", "-c", "1", "127.0.0.1")
        self.assertRegex(done.stdout, rb"^ping 127\.0\.0\.1 \(127\.0\.0\.1\) by ")
        self.assertRegex(done.stdout, rb"\n1  127\.0\.0\.1 reached in .*\n1 of 1 answered; round trip least ")

    def test_refuses_what_makes_no_sense(self):
        for words in (["-c", "0", "x"], ["-s", "x", "x"], ["-4", "-6", "x"], ["-i", "-1", "x"], ["-4", "::1"]):
            self.assertEqual(run("ping", *words).returncode, 2, words)

    def test_a_name_that_does_not_exist_is_said(self):
        self.assertEqual(run("ping", "-c", "1", "nowhere.invalid").returncode, 3)


class Trace(unittest.TestCase):
    def test_this_host_is_one_hop_away(self):
        status, report = run_json("trace", "127.0.0.1")
        self.assertEqual((status, report["reached"]), (0, True))
        self.assertEqual([hop["hop"] for hop in report["hops"]], [1])
        self.assertEqual(len(report["hops"][0]["replies"]), 3)
        self.assertEqual(report["hops"][0]["replies"][0]["from"], "127.0.0.1")


class Scan(unittest.TestCase):
    def test_without_a_network_nobody_answers(self):
        done = run_alone("scan")
        self.assertEqual((done.returncode, done.stdout), (1, b"nobody answered\n"))

    def test_refuses_what_makes_no_sense(self):
        for words in (["-p", "x"], ["-p", ""], ["-p", "0"], ["--interface", "nope0"], ["x"]):
            self.assertEqual(run("scan", *words).returncode, 2, words)


class PathQuestions(unittest.TestCase):
    def test_towards_this_host_there_is_loopback(self):
        status, path = run_json("path", "127.0.0.1")
        self.assertEqual((status, [one["name"] for one in path["interfaces"]]), (0, ["lo"]))

    def test_every_reason_is_said(self):
        status, path = run_json("path", "127.0.0.1", "--interface-type", "cellular")
        self.assertEqual((status, path["satisfied"]), (1, False))
        self.assertEqual([(one["problem"], one["interface"]) for one in path["unsatisfied_reasons"]],
                         [("type_required", "lo")])

    def test_watch_prints_the_path_and_ends_when_it_is_interrupted(self):
        watching = start("path", "--watch", "127.0.0.1")
        read_until(watching.stdout, rb"satisfied yes .*\n")
        watching.send_signal(2)
        self.assertEqual(watching.wait(10), 130)
        for pipe in (watching.stdin, watching.stdout, watching.stderr):
            pipe.close()

    def test_words_that_are_none_are_refused(self):
        self.assertEqual(run("path", "--interface-type", "steam").returncode, 2)
        self.assertEqual(run("connect", "--service-class", "royal", "x", "1").returncode, 2)
        self.assertEqual(run("connect", "--keepalive", "never", "x", "1").returncode, 2)

    def test_connect_says_why_no_interface_does(self):
        status, report = run_json("connect", "--tcp", "--interface-type", "cellular",
                                  "127.0.0.1", "1")
        self.assertEqual(status, 4)
        self.assertEqual(report["error"]["domain"], "policy")
        self.assertIn("another type of interface is required", report["error"]["message"])


if __name__ == "__main__":
    unittest.main()
