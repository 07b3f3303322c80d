"""On a real terminal, that of tmux: colours, and the waterfall."""
import os
import re
import socket
import subprocess
import tempfile
import unittest

from harness import BOWLINE, environment, needs


class Terminal(unittest.TestCase):
    def setUp(self):
        needs("tmux")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(self.tmux, "kill-server")

    def tmux(self, *words):
        command = ["tmux", "-f", "/dev/null", "-S", os.path.join(self.folder.name, "socket"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                              env=environment(LANG="C.UTF-8")).stdout

    def screen(self, columns, variables=""):
        """What the demo leaves on a terminal, with its escapes."""
        line = f"{variables} {os.path.abspath(BOWLINE)} demo; tmux wait-for -S done; read stay"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", "60", "sh", "-c", line)
        self.tmux("wait-for", "done")
        text = self.tmux("capture-pane", "-p", "-e", "-t", "0")
        self.tmux("kill-session")
        return text

    def test_has_one_live_line_while_it_waits(self):
        with socket.socket() as refusing:
            refusing.bind(("127.0.0.1", 0))
            port = str(refusing.getsockname()[1])
            line = f"{os.path.abspath(BOWLINE)} connect --wait --timeout 50 127.0.0.1 {port}; tmux wait-for -S done; read x"
            self.tmux("new-session", "-d", "-x", "70", "-y", "30", "sh", "-c", line)
            waiting = self.until(lambda text: re.search(r"waiting, [1-9]\d* s, ", text))
            self.assertEqual(len(waiting.strip().splitlines()), 1, waiting)
            self.assertRegex(waiting, r"waiting, \d+ s, \d+ tr(y|ies): .*refused")
            refusing.listen()
            self.tmux("wait-for", "done")
        ended = self.tmux("capture-pane", "-p", "-t", "0")
        self.assertNotIn("waiting, ", ended)
        self.assertIn("connected to 127", ended)

    def until(self, holds):
        """What stands on the screen as soon as that is so."""
        for _ in range(600):
            text = self.tmux("capture-pane", "-p", "-t", "0")
            if holds(text):
                return text
            self.tmux("run-shell", "-d", "0.1", "true")
        raise AssertionError(text)

    def test_shows_bars_in_colours(self):
        text = self.screen(100)
        self.assertIn("━━●", text)
        self.assertRegex(text, "\x1b\\[32m━*●")
        self.assertIn("connected after", text)

    def test_has_no_colours_where_nobody_wants_them(self):
        text = self.screen(100, "NO_COLOR=1")
        self.assertIn("━━●", text)
        self.assertNotIn("\x1b[32m", text)

    def test_draws_with_ascii_in_an_ascii_locale(self):
        self.assertRegex(self.screen(100, "LANG=C"), r"=\*")

    def test_fits_a_narrow_terminal(self):
        self.assertIn("won", self.screen(50))


if __name__ == "__main__":
    unittest.main()
