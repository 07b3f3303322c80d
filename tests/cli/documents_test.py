"""Man pages and completions, as the build writes them."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import environment, needs, run, run_json

SHARE = pathlib.Path(os.environ.get("BOWLINE_SHARE", "share"))
BASH = SHARE / "bash-completion/completions/bowline"
ZSH = SHARE / "zsh/site-functions/_bowline"
FISH = SHARE / "fish/vendor_completions.d/bowline.fish"


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    return done.stdout + done.stderr


def words(text):
    """Without line ends and breaks after a hyphen, and with one kind of quotation mark."""
    text = re.sub(r"[\u2010\u2011]|-\n\s*", "-", text)
    text = re.sub("[\u2018\u2019\u201c\u201d`\"]", "'", text)
    return re.sub(r"\s+", " ", text).strip()


class ManPages(unittest.TestCase):
    def test_there_is_one_for_each_command(self):
        names = {path.name for path in (SHARE / "man/man1").iterdir()}
        commands = {f"bowline-{command['name']}.1" for command in run_json("help")[1]["commands"]}
        self.assertEqual(names, commands | {"bowline.1"})

    def test_mandoc_has_nothing_to_complain_about(self):
        needs("mandoc")
        for page in sorted((SHARE / "man/man1").iterdir()):
            self.assertEqual(output("mandoc", "-T", "lint", "-W", "warning", str(page)), "")

    def test_they_say_what_the_help_says(self):
        needs("mandoc")
        for command in run_json("help")[1]["commands"]:
            page = output("mandoc", "-T", "utf8", str(SHARE / f"man/man1/bowline-{command['name']}.1"))
            page = words(re.sub(".\b", "", page))
            text = words(run(command["name"], "--help").stdout.decode())
            for row in command["options"] + command["arguments"]:
                with self.subTest(command=command["name"], row=row):
                    self.assertIn(words(row["help"]), page)
                    self.assertIn(words(row["help"]), text)
                    self.assertIn(row["name"], page)
            self.assertIn(words(command["summary"]), page)
            self.assertIn("EXIT STATUS", page)


class Completions(unittest.TestCase):
    def bash(self, *words):
        script = f'source {BASH}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bowline; ' \
                 'echo "${COMPREPLY[@]}"'
        return output("bash", "--norc", "-u", "-c", script, "bash", *words).split()

    def test_bash_knows_commands_options_and_values(self):
        needs("bash")
        self.assertEqual(self.bash("bowline", "con"), ["connect"])
        self.assertEqual(self.bash("bowline", "connect", "--wa"), ["--wait"])
        self.assertEqual(self.bash("bowline", "resolve", "x", "AA"), ["AAAA"])
        self.assertIn("lo", self.bash("bowline", "cat", "--interface", ""))

    def test_zsh_loads_it(self):
        needs("zsh")
        script = f"fpath=({ZSH.parent} $fpath); autoload -Uz compinit && compinit -D -u; " \
                 "print $_comps[bowline]; autoload +X _bowline && print loaded"
        self.assertEqual(output("zsh", "-f", "-c", script), "_bowline\nloaded\n")
        self.assertEqual(output("zsh", "-n", str(ZSH)), "")

    def test_fish_knows_commands_and_options(self):
        needs("fish")
        def complete(line):
            return output("fish", "--no-config", "-c", f"source {FISH}; complete -C '{line}'")
        self.assertIn("connect\trace a connection", complete("bowline con"))
        self.assertIn("--wait\t", complete("bowline connect --wa"))
        self.assertIn("AAAA", complete("bowline resolve x AA"))

    def test_says_why_it_cannot_write(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink("/dev/full", f"{folder}/bowline")
            missing, full = run("generate", "man", f"{folder}/nope"), run("generate", "bash", folder)
        self.assertEqual((missing.returncode, full.returncode), (2, 4))
        for done, code in ((missing, b"ENOENT"), (full, b"ENOSPC")):
            says = rb"^bowline: write /.*" + code + rb".*\n  try    DIR is a folder that exists, "
            self.assertRegex(done.stderr, says)

    def test_formats_that_do_not_exist_are_refused(self):
        self.assertEqual(run("generate", "pdf", "/tmp").returncode, 2)


if __name__ == "__main__":
    unittest.main()
