#!/usr/bin/env python3
"""Prints a line for each test that skipped itself, with its reason: list_skips.py LastTest.log [report.xml].

GoogleTest counts a skipped test as passed and ctest does not look inside, so the log of all output is read.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree


def skips_in_log(text):
    """GoogleTest prints `file:line: Skipped`, the reason, then `[  SKIPPED ] Suite.name (0 ms)`."""
    reason = ""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.endswith(": Skipped"):
            reason = lines[number + 1].strip() if number + 1 < len(lines) else ""
        match = re.match(r"\[  SKIPPED \] (\S+) \(", line)
        if match:
            yield f"{match[1]}: {reason or 'no reason given'}"
            reason = ""
        elif line.startswith("SKIPPED"):
            yield line.removeprefix("SKIPPED").strip(" :")


def skips_in_report(path):
    """Tests that ctest itself marked: disabled, not run, or by their return code."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.get("status") in ("notrun", "disabled"):
            skipped = case.find("skipped")
            reason = skipped.get("message", "") if skipped is not None else ""
            if not reason.startswith("Unable to find"):  # that is a failure, and ctest says so
                yield f"{case.get('name')}: {reason or case.get('status')}"


def main(log, report=None):
    with open(log, encoding="utf-8", errors="replace") as file:
        found = list(skips_in_log(file.read()))
    if report:
        found += skips_in_report(report)
    print("\n".join(found), end="\n" if found else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
