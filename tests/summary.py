#!/usr/bin/env python3
"""Sums what the test programs printed: comparisons with independent truth, and test cases.

    tests/summary.py build/release/Testing/Temporary/LastTest.log

Reads the log of ctest: `COMPARED n what` and `SKIPPED n what: why` (tests/support/support.h) and GoogleTest's own lines.
The last line is `N passed, N failed, N skipped`. Exit 1 if a case failed or none ran.
"""
import collections
import re
import sys

CASE = re.compile(r"\[ +(OK|FAILED|SKIPPED) +\] (\S+?)(?:, where .*)? \(\d+ ms\)")
RUN = re.compile(r"\[ RUN +\] (\S+)")
COUNT = re.compile(r"^(COMPARED|SKIPPED) (\d+) (.*)$")
BEGIN = re.compile(r"^\d+/\d+ Test(?:ing)?: (\S+)$")


def programs(log):
    """(name, lines) of each ctest entry."""
    name, lines = None, []
    for line in log:
        begun = BEGIN.match(line)
        if begun and begun.group(1) != name:
            if name is not None:
                yield name, lines
            name, lines = begun.group(1), []
        lines.append(line)
    if name is not None:
        yield name, lines


def cases(name, lines):
    """{case: OK | FAILED | SKIPPED} of one program; one that is no GoogleTest program counts as one case."""
    out, current = {}, None
    for line in lines:
        begun, ended = RUN.search(line), CASE.search(line)
        if begun:
            current = begun.group(1)
            out[current] = "FAILED"  # until it ends: a crash leaves it so
        elif ended:
            out[ended.group(2)] = ended.group(1)
    status = next((line for line in lines if line.startswith("Test ") and line[5:].split(".")[0] in ("Passed", "Failed")), "")
    if not out:
        skipped = any("NOTHING RAN" in line for line in lines)
        out[name] = "SKIPPED" if skipped else "OK" if status.startswith("Test Passed") else "FAILED"
    elif status.startswith("Test Failed") and "FAILED" not in out.values():
        out[name] = "FAILED"  # ended badly after its last case, or ran out of time
    return out


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        log = file.read().splitlines()
    compared, skipped, reasons = collections.Counter(), collections.Counter(), {}
    tally, failed = collections.Counter(), []
    for name, lines in programs(log):
        for case, verdict in cases(name, lines).items():
            tally[verdict] += 1
            if verdict == "FAILED":
                failed.append(f"{name}: {case}")
        for line in lines:
            found = COUNT.match(line)
            if found and found.group(1) == "COMPARED":
                compared[found.group(3)] += int(found.group(2))
            elif found:
                what, _, why = found.group(3).partition(": ")
                skipped[what] += int(found.group(2))
                reasons[what] = why

    print("\nComparisons with independent truth")
    width = max((len(what) for what in [*compared, *skipped]), default=0)
    for what in sorted({*compared, *skipped}):
        line = f"  {what:<{width}} {compared[what]:>9,}"
        print(line + (f"   skipped {skipped[what]:,}: {reasons[what]}" if skipped[what] else ""))
    print(f"  {sum(compared.values()):,} ran, {sum(skipped.values()):,} skipped\n")
    for case in failed:
        print(f"failed: {case}")
    print(f"{tally['OK']} passed, {tally['FAILED']} failed, {tally['SKIPPED']} skipped")
    return 1 if tally["FAILED"] or not tally["OK"] else 0


if __name__ == "__main__":
    sys.exit(main())
