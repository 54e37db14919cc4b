#!/usr/bin/env python3
"""Our grades beside published ones, for every file of recorded answers: the tables of suites/AGREEMENT.md.

    agreement.py RECORDED --leitai build/release/leitai

RECORDED: a folder of folders of recorded answers with the field `published` (../shared/recorded). Suites find their data in
LEITAI_DATA. Answers to suites that leitai has are run through `leitai run -m replay:`, others through `leitai grade`.
Prints Markdown: a table by file, one by kind of verdict, and every difference.
"""
import argparse
import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

OTHER = {"math": "math", "iquiz/IQ": "choice", "iquiz/EQ": "choice"}  # recorded suites that are none of ours -> scorer


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def key(row):
    return row["suite"], str(row["item"]), row.get("sample", 0)


def by_run(leitai, path, suite, folder):
    name = os.path.basename(path)
    run = subprocess.run([leitai, "run", "-m", f"replay:{path}", "-s", suite, "--offline", "--allow-failures", "100", "--name", name,
                          "--out", folder, "-q"], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"agreement.py: {path}: {run.stderr}")
    out = subprocess.run([leitai, "export", f"{folder}/{name}", "-f", "answers"], capture_output=True, text=True, check=True).stdout
    return {key(row): row.get("score") for row in map(json.loads, out.splitlines())}


def by_grade(leitai, scorer, rows):
    asked = []
    for row in rows:
        one = {"text": row["text"], "gold": row["published"]["detail"]["gold"], "finish_reason": row["finish_reason"]}
        if scorer == "choice":
            one["options"] = dict(re.findall(r"^([A-Z])\) (.*)$", row["prompt"], re.M))
        asked.append(json.dumps(one))
    out = subprocess.run([leitai, "grade", scorer], input="\n".join(asked) + "\n", capture_output=True, text=True, check=True).stdout
    return {key(row): dict(json.loads(line), status=json.loads(line)["verdict"]) for row, line in zip(rows, out.splitlines())}


class Tally:
    def __init__(self):
        self.n = self.same = self.theirs = self.ours = 0

    def add(self, theirs, ours):
        self.n += 1
        self.same += theirs == ours
        self.theirs += theirs
        self.ours += ours

    def row(self, name):
        return f"| {name} | {self.n:,} | {self.theirs:,} | {self.ours:,} | {self.same:,} | {100 * self.same / self.n:.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorded")
    parser.add_argument("--leitai", default="build/release/leitai")
    args = parser.parse_args()
    files, kinds, ungraded, differences = {}, collections.defaultdict(Tally), collections.Counter(), []
    instructions = collections.defaultdict(Tally)
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(f"{args.recorded}/*/*.jsonl")):
            rows = read(path)
            name = os.path.relpath(path, args.recorded).removesuffix(".jsonl")
            graded = [row for row in rows if row["published"]]
            if not graded:
                ungraded[rows[0]["suite"]] += len(rows)
                continue
            suite = rows[0]["suite"]
            scores = by_grade(args.leitai, OTHER[suite], graded) if suite in OTHER else by_run(args.leitai, path, suite, folder)
            tally = files.setdefault(name, Tally())
            for row in graded:
                score = scores.get(key(row)) or {"status": "absent", "why": "no grade"}
                theirs, ours = row["published"]["correct"], score["status"] == "CORRECT"
                tally.add(theirs, ours)
                kinds[suite].add(theirs, ours)
                if theirs != ours:
                    differences.append((name, row["item"], row["sample"], theirs, score))
                detail = row["published"].get("detail") or {}
                if "instruction_id_list" in detail and "strict" in detail and score.get("extracted"):
                    marks = score["extracted"].split()
                    for i, kind in enumerate(detail["instruction_id_list"]):
                        for word, at in (("strict", 1), ("loose", 3)):
                            instructions[kind.split(":", 1)[-1] if kind[2:3] == ":" else kind].add(detail[word][i], marks[at][i] == "1")
    head = "| {} | answers | right, published | right, ours | same grade | % |\n|---|---:|---:|---:|---:|---:|"
    print(head.format("file"))
    for name, tally in files.items():
        print(tally.row(name))
    print("\n" + head.format("suite"))
    for suite, tally in sorted(kinds.items()):
        print(tally.row(suite))
    print("\n" + head.replace("answers", "verdicts").format("instruction (strict and loose)"))
    for kind, tally in sorted(instructions.items()):
        print(tally.row(kind))
    print("\nWithout published grades:", ", ".join(f"{suite} {n:,}" for suite, n in sorted(ungraded.items())), "\n")
    for name, item, sample, theirs, score in differences:
        print(f"* {name} item {item} sample {sample}: published {'right' if theirs else 'wrong'}, ours {score['status']}")


if __name__ == "__main__":
    main()
