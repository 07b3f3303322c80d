"""On a real terminal, that of tmux: colours, and the waterfall."""
import os
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
