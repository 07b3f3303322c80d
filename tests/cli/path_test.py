"""bowline path, help, and the words that come before any command."""
import unittest

from harness import run, run_alone, run_json


class Path(unittest.TestCase):
    def test_lists_the_loopback_interface(self):
        status, path = run_json("path")
        self.assertEqual(status, 0)
        loopback = next(one for one in path["interfaces"] if one["name"] == "lo")
        self.assertEqual((loopback["type"], loopback["index"] > 0), ("loopback", True))
        self.assertIn("127.0.0.1", [one["address"] for one in loopback["addresses"]])
        self.assertEqual(set(path), {"satisfied", "supports_ipv4", "supports_ipv6", "supports_dns",
                                     "unsatisfied_reasons", "gateways", "interfaces", "routes",
                                     "dns_servers", "search_domains"})

    def test_is_written_for_people(self):
        done = run("path")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, rb"^satisfied (yes|no)  ipv4 (yes|no)  ipv6 (yes|no)  dns (yes|no)\n")
        self.assertIn(b"    127.0.0.1/8\n", done.stdout)

    def test_says_who_is_asked_where_no_server_is_configured(self):
        done = run_alone("path")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, rb" dns no\n")
        self.assertRegex(done.stdout, rb"\ndns\n  no server is configured, so 127\.0\.0\.1:53 is asked\n$")

    def test_takes_one_host_at_the_most(self):
        self.assertEqual(run("path", "x", "y").returncode, 2)


class Help(unittest.TestCase):
    def test_every_way_to_ask_for_it_gives_the_same(self):
        _, table = run_json("help")
        names = [command["name"] for command in table["commands"]]
        self.assertEqual(names, ["connect", "cat", "get", "put", "serve", "ws", "drop", "resolve", "cert", "path",
                                 "doctor", "ping", "trace", "scan", "demo", "help"])
        for name in names:
            asked = run(name, "--help")
            self.assertEqual((asked.returncode, asked.stderr), (0, b""))
            self.assertEqual(asked.stdout, run("help", name).stdout)
            self.assertEqual(asked.stdout, run(name, "-h").stdout)
        self.assertEqual(run("--help").stdout, run("help").stdout)

    def test_explains_one_command_to_programs(self):
        _, table = run_json("help", "connect")
        [command] = table["commands"]
        self.assertIn("wait", [option["name"] for option in command["options"]])
        self.assertIn({"code": 130, "meaning": "interrupted"}, table["exit_statuses"])

    def test_tells_its_version(self):
        self.assertRegex(run("--version").stdout, rb"^bowline \d+\.\d+\.\d+\n$")

    def test_asks_for_a_command(self):
        done = run()
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"bowline --help", done.stderr)

    def test_guesses_commands(self):
        for words in (["conect"], ["help", "conect"]):
            done = run(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"did you mean 'connect'?", done.stderr)


if __name__ == "__main__":
    unittest.main()
