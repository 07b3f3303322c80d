"""Keys that both sides have, and the log of keys."""
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import termios
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import BOWLINE, PATIENCE_S, environment, needs, run, run_json  # noqa: E402
from peers import (KEY, OTHER_KEY, PYTHON, VERSIONS, BowlineListener, Interop, PythonServer,  # noqa: E402
                   python_server_context)


class KeyLog(Interop):
    def test_is_written_for_its_owner_and_says_so(self):
        for version in VERSIONS:
            path = pathlib.Path(self.files[f"keys-{version}"])
            context = python_server_context(self.files, PYTHON[version], PYTHON[version])
            context.keylog_filename = self.files[f"python-{version}"]
            with self.subTest(version=version), PythonServer(context) as server:
                done = run("connect", "--no-system", "--ca", self.files["ca.pem"], "127.0.0.1", str(server.port),
                           SSLKEYLOGFILE=str(path), BOWLINE_LOG="trace")
                self.assertEqual(done.returncode, 0, done.stderr)
                server.met.get(timeout=PATIENCE_S)
                self.assertRegex(done.stderr, rb" S keys_logged to .*keys-1")
                self.assertIn(b"exception  SSLKEYLOGFILE: ", done.stdout)
                self.assertEqual(path.stat().st_mode & 0o777, 0o600)
                # Both ends log the same secrets.
                theirs = {line for line in pathlib.Path(context.keylog_filename).read_text().splitlines()
                          if not line.startswith("#") and "EXPORTER" not in line}
                ours = set(path.read_text().splitlines())
                self.assertTrue(theirs)
                self.assertLessEqual(theirs, ours)

    def test_a_file_that_cannot_be_written_does_not_stop_anything(self):
        with PythonServer(python_server_context(self.files)) as server:
            done = run("connect", "--no-system", "--ca", self.files["ca.pem"], "127.0.0.1", str(server.port),
                       SSLKEYLOGFILE="/nonexistent/keys", BOWLINE_LOG="trace")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, rb"keys_logged .*ENOENT")

    def test_is_not_written_by_a_program_with_more_rights_than_its_user(self):
        if os.geteuid() != 0:
            print("SKIPPED only root can make such a program", flush=True)
            self.skipTest("only root can make such a program")
        program = pathlib.Path(self.files["raised"])
        program.write_bytes(pathlib.Path(BOWLINE).read_bytes())
        os.chown(program, 65534, 65534)
        program.chmod(0o4755)
        pathlib.Path(self.files.folder.name).chmod(0o755)
        folder = pathlib.Path(self.files["anybody"])
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        words = ["connect", "--insecure", "127.0.0.1"]
        with PythonServer(python_server_context(self.files)) as server:
            for path, is_written in ((BOWLINE, True), (str(program), False)):
                log = folder / f"keys-{is_written}"
                done = subprocess.run([path, *words, str(server.port)], capture_output=True, timeout=PATIENCE_S,
                                      env=environment(SSLKEYLOGFILE=str(log)), check=False)
                # Its status may be that of a sanitizer, which cannot look for leaks in such a program.
                self.assertIn(b"secured by TLS", done.stdout, done.stderr)
                self.assertEqual(log.exists(), is_written)


class KeyFiles(Interop):
    """Of whoever has to show a certificate: keys that are encrypted, and stores that hold both."""
    PHRASE = "open, says me"

    def setUp(self):
        super().setUp()
        self.phrase = self.files["phrase"]
        pathlib.Path(self.phrase).write_text(self.PHRASE + "\n", encoding="utf-8")
        pathlib.Path(self.phrase).chmod(0o600)
        self.openssl("pkcs12", "-export", "-in", self.files["web.pem"], "-inkey", self.files["web.key"],
                     "-passout", f"file:{self.phrase}", "-out", self.files["web.p12"])
        self.openssl("pkey", "-in", self.files["web.key"], "-aes256", "-passout", f"file:{self.phrase}",
                     "-out", self.files["locked.key"])

    def openssl(self, *words):
        subprocess.run([needs("openssl"), *words], capture_output=True, timeout=PATIENCE_S, check=True)

    def kinds(self):
        return (["--cert", self.files["web.p12"]],
                ["--cert", self.files["web.pem"], "--key", self.files["locked.key"]])

    def test_are_opened_by_a_phrase_from_a_file(self):
        for words in self.kinds():
            with self.subTest(words=words), BowlineListener(*words, "--key-phrase", f"@{self.phrase}") as listener:
                status, report = run_json("connect", "--no-system", "--ca", self.files["ca.pem"],
                                          "127.0.0.1", str(listener.port), "--tls")
                self.assertEqual((status, report["result"]), (0, "ready"), report)

    def test_with_another_phrase_or_nobody_to_ask_say_so(self):
        wrong = self.files["wrong"]
        pathlib.Path(wrong).write_text("sesame", encoding="utf-8")
        for words in self.kinds():
            with self.subTest(words=words):
                done = run("cat", "-l", *words, "127.0.0.1", "0", "--key-phrase", f"@{wrong}")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(b"pass phrase", done.stderr)
                # A session of its own has no terminal.
                done = subprocess.run([BOWLINE, "cat", "-l", *words, "127.0.0.1", "0"], capture_output=True,
                                      timeout=PATIENCE_S, env=environment(), check=False, start_new_session=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn(b"give --key-phrase", done.stderr)

    def test_are_asked_for_on_the_terminal_and_shown_nowhere(self):
        for words in self.kinds():
            with self.subTest(words=words):
                child, terminal = pty.fork()
                if child == 0:
                    os.execvpe(BOWLINE, [BOWLINE, "cat", "-l", *words, "127.0.0.1", "0"], environment())
                try:
                    said = self.read(terminal, b"Pass phrase of ")
                    os.write(terminal, b"wrong one\n")
                    said += self.read(terminal, b"Pass phrase of ")
                    os.write(terminal, b"opem\x7fn, says me\n")
                    said += self.read(terminal, b"listening on ")
                    self.assertNotIn(b"says me", said)
                    self.assertNotIn(b"wrong one", said)
                finally:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    os.close(terminal)

    def test_are_left_with_the_terminal_as_it_was(self):
        for end in (b"\x03", b"\x04"):
            child, terminal = pty.fork()
            if child == 0:
                os.execvpe(BOWLINE, [BOWLINE, "cat", "-l", *self.kinds()[0], "127.0.0.1", "0"], environment())
            before = termios.tcgetattr(terminal)
            self.read(terminal, b"Pass phrase of ")
            os.write(terminal, b"half" + end)
            self.read(terminal, b"its pass phrase is not known" if end == b"\x03" else b"Pass phrase of ")
            if end == b"\x04":
                os.write(terminal, b"\x03")
                self.read(terminal, b"its pass phrase is not known")
            os.waitpid(child, 0)
            self.assertEqual(termios.tcgetattr(terminal), before)
            os.close(terminal)

    def read(self, terminal, expected):
        said = b""
        while expected not in said:
            ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
            self.assertTrue(ready, said)
            said += os.read(terminal, 4096)
        return said


class Keys(Interop):
    def connect(self, port, *options):
        return run_json("connect", "--timeout", "20", *options, "127.0.0.1", str(port))

    def test_two_commands_that_share_a_key_need_no_certificate(self):
        with BowlineListener("-k", "--psk", f"lamp-7:{KEY}", "--psk", f"lamp-8:{OTHER_KEY}") as listener:
            for name, key in (("lamp-7", KEY), ("lamp-8", OTHER_KEY)):
                status, report = self.connect(listener.port, "--psk", f"{name}:{key}")
                self.assertEqual((status, report["security"]["psk"]), (0, name), report)
            for name, key in (("lamp-7", OTHER_KEY), ("lamp-9", KEY)):
                self.assertNotEqual(self.connect(listener.port, "--psk", f"{name}:{key}")[0], 0)

    def test_a_pass_phrase_makes_the_same_key_on_both_sides(self):
        phrase = self.files.write("phrase", "correct horse battery staple\n")
        with BowlineListener("-k", "--psk-phrase", f"house:@{phrase}") as listener:
            self.assertEqual(self.connect(listener.port, "--psk-phrase", "house:correct horse battery staple")[0], 0)
            self.assertNotEqual(self.connect(listener.port, "--psk-phrase", "house:correct horse battery stable")[0], 0)

    def test_says_what_others_can_see_of_a_key(self):
        with BowlineListener("-k", "--psk", f"lamp-7:{KEY}") as listener:
            port = str(listener.port)
            seen = run("connect", "--psk", f"lamp-7:{KEY}", "127.0.0.1", port)
            self.assertEqual(seen.returncode, 0, seen.stderr)
            self.assertIn(b"everybody on this host can see the key", seen.stderr)
            path = pathlib.Path(self.files.write("open.key", KEY))
            self.assertEqual(run("connect", "--psk", f"lamp-7:@{path}", "127.0.0.1", port).stderr, b"")
            path.chmod(0o644)
            self.assertIn(b"can be read by others",
                          run("connect", "--psk", f"lamp-7:@{path}", "127.0.0.1", port).stderr)

    def test_refuses_what_is_no_key(self):
        for word in ("lamp-7", ":" + KEY, "lamp-7:12", "lamp-7:" + "xy" * 16, "x" * 129 + ":" + KEY):
            for side in (["connect", "127.0.0.1", "1"], ["cat", "-l", "0"]):
                with self.subTest(word=word, side=side):
                    self.assertEqual(run(*side, "--psk", word).returncode, 2)
        self.assertEqual(run("connect", "127.0.0.1", "1", "--psk-phrase", "house:short").returncode, 2)
        self.assertEqual(run("connect", "127.0.0.1", "1", "--psk", "lamp-7:@/nonexistent").returncode, 2)
        self.assertEqual(run("connect", "127.0.0.1", "1", "--psk", f"a:{KEY}", "--psk", f"b:{KEY}").returncode, 2)


if __name__ == "__main__":
    unittest.main()
