"""A script that is asked for what it does not know says so and fails; else nothing runs and all seems well."""
import subprocess

# The words that each must refuse.
REFUSED = {
    "run_fuzz.sh": [["soon"], ["1", "fuzz_nonsense"]],
    "run_tests.sh": [["nonsense"], ["asan", "nonsense"]],
    "setup.sh": [["nonsense"]],
}


def check(tree, _build):
    for name, invocations in REFUSED.items():
        script = tree.root / "scripts" / name
        for words in invocations if script.exists() else []:
            done = subprocess.run(["bash", script, *words], text=True, capture_output=True, timeout=60)
            if done.returncode == 0 or words[-1] not in done.stderr:
                yield f"scripts/{name} {' '.join(words)}: not refused: {done.returncode}, {done.stderr}"


BAIT = [
    ({"scripts/setup.sh": "echo \"no group named '$1'\" >&2; exit 1\n"}, None),
    ({"scripts/setup.sh": "exit 0\n"}, "not refused"),
    ({"scripts/setup.sh": "echo sorry >&2; exit 1\n"}, "not refused"),
]
