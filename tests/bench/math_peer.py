#!/usr/bin/env python3
"""Speed of `leitai grade math` beside Math-Verify on the same pairs, in one run, one process each.

    math_peer.py PAIRS.jsonl [--leitai build/release/leitai] [--rounds 3]

PAIRS: an object a line with `gold`, `answer` and, where known, `equal` and `contested`. Needs the package
math-verify (a virtual environment will do); without it the script says so and exits 77, the mark of a skipped test.

Both sides are measured in CPU seconds of one thread, best of the rounds, whole: ours with the start of the process, reading
and writing of JSON; Math-Verify without its imports and after a warm-up pair. Each of its pairs may take 5 s, its own limit.
"""
import argparse
import json
import resource
import subprocess
import sys
import time


def ours(leitai, pairs):
    text = "".join(json.dumps({"id": str(i), "gold": gold, "answer": answer}) + "\n" for i, (gold, answer) in enumerate(pairs))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([leitai, "grade", "math"], input=text, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    if len(verdicts) != len(pairs):
        sys.exit(f"math_peer.py: {len(verdicts)} verdicts for {len(pairs)} pairs")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, [one.get("score") == 1 for one in verdicts]


def theirs(parse, verify, pairs):
    begin = time.process_time()
    verdicts = []
    for gold, answer in pairs:
        try:
            verdicts.append(verify(parse(f"${gold}$"), parse(f"${answer}$")))
        except Exception:  # what it cannot read is "different", as its users take it
            verdicts.append(False)
    return time.process_time() - begin, verdicts


def agreement(verdicts, rows):
    judged = [(got, row["equal"]) for got, row in zip(verdicts, rows) if "equal" in row and not row.get("contested")]
    if not judged:
        return "no verdicts to compare with"
    wrong_yes = sum(got and not want for got, want in judged)
    right = sum(got == want for got, want in judged)
    return f"{right} of {len(judged)} uncontested verdicts right, {wrong_yes} called equal that are not"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs")
    parser.add_argument("--leitai", default="build/release/leitai")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    try:
        import logging

        from math_verify import parse, verify
    except ImportError:
        print("SKIPPED: math-verify is not installed (pip install math-verify)")
        return 77
    logging.disable(logging.CRITICAL)
    with open(args.pairs, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    pairs = [(row["gold"], row["answer"]) for row in rows]
    verify(parse("$1$"), parse("$1$"))
    best = {}
    for _ in range(args.rounds):
        for name, (seconds, verdicts) in (("leitai", ours(args.leitai, pairs)), ("Math-Verify", theirs(parse, verify, pairs))):
            if name not in best or seconds < best[name][0]:
                best[name] = (seconds, verdicts)
    for name, (seconds, verdicts) in best.items():
        print(f"{name:<12} {len(pairs)} pairs in {seconds:8.3f} s of CPU, {1e6 * seconds / len(pairs):9.1f} us a pair; {agreement(verdicts, rows)}")
    print(f"ratio        {best['Math-Verify'][0] / best['leitai'][0]:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
