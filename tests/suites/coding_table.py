#!/usr/bin/env python3
"""Reference solutions and empty programs of every coding data set: the table of suites/coding/REFERENCES.md.

    coding_table.py DATASETS --leitai build/release/leitai [--only mbpp-plus,humaneval-x/js] [--json rows.jsonl]

DATASETS: a folder of data sets (../shared/datasets). Every reference solution goes as a chat answer through `leitai grade code`, which
takes it out of its fence and runs it against the suite's own tests; so does a block without a program. Prints Markdown: a row a suite,
then every item whose reference solution does not pass, with the reason. A language whose tools are absent is left out by name.
"""
import argparse
import gzip
import json
import os
import pathlib
import subprocess
import sys

SUITES = {
    "humaneval": ("humaneval/HumanEval.jsonl.gz", "python", "task_id"),
    "humaneval-plus": ("humaneval-plus/HumanEvalPlus-OriginFmt.jsonl.gz", "python", "task_id"),
    "mbpp": ("mbpp/mbpp.jsonl", "python", "task_id"),
    "mbpp-sanitized": ("mbpp/sanitized-mbpp.json", "python", "task_id"),
    "mbpp-plus": ("mbpp-plus/MbppPlus-OriginFmt.jsonl.gz", "python", "task_id"),
    "cruxeval-output": ("cruxeval/cruxeval.jsonl", "python", "id"),
    "cruxeval-input": ("cruxeval/cruxeval.jsonl", "python", "id"),
    "humaneval-x/python": ("humaneval-x/humaneval_python.jsonl.gz", "python", "task_id"),
    "humaneval-x/js": ("humaneval-x/humaneval_js.jsonl.gz", "js", "task_id"),
    "humaneval-x/cpp": ("humaneval-x/humaneval_cpp.jsonl.gz", "cpp", "task_id"),
    "humaneval-x/java": ("humaneval-x/humaneval_java.jsonl.gz", "java", "task_id"),
    "humaneval-x/go": ("humaneval-x/humaneval_go.jsonl.gz", "go", "task_id"),
    "humaneval-x/rust": ("humaneval-x/humaneval_rust.jsonl.gz", "rust", "task_id"),
}


def read(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        data = file.read()
    return json.loads(data) if path.suffix == ".json" else [json.loads(line) for line in data.splitlines() if line.strip()]


def reference(suite, language, row):
    """What a flawless model would say."""
    if suite == "cruxeval-output":
        return f"[ANSWER]{row['output']}[/ANSWER]"
    if suite == "cruxeval-input":
        return f"[ANSWER]f({row['input']})[/ANSWER]"
    code = row["code"] if "code" in row else row["declaration" if language == "rust" else "prompt"] + row["canonical_solution"]
    return f"Here it is:\n\n```{language}\n{code}\n```\n"


def grade(leitai, suite, lines):
    asked = "\n".join(json.dumps({"suite": suite, "item": item, "text": text, "finish_reason": "stop"}) for item, text in lines) + "\n"
    run = subprocess.run([leitai, "grade", "code"], input=asked, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"coding_table.py: {suite}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=pathlib.Path)
    parser.add_argument("--leitai", default="build/release/leitai")
    parser.add_argument("--only", default="", help="these suites, separated by commas")
    parser.add_argument("--json", help="every verdict, a line each, is added to this file")
    args = parser.parse_args()
    os.environ["LEITAI_DATA"] = str(args.datasets.resolve())
    only = [one for one in args.only.split(",") if one] or list(SUITES)
    table, failed = [], []
    for suite in only:
        name, language, field = SUITES[suite]
        rows = read(args.datasets / name)
        items = [str(row[field]) for row in rows]
        texts = [reference(suite, language, row) for row in rows]
        given = grade(args.leitai, suite, list(zip(items, texts)))
        if given and "is not installed here" in (given[0].get("why") or ""):
            table.append(f"| {suite} | {language} | {len(rows):,} | not run: no tools | | |")
            continue
        empty = grade(args.leitai, suite, [(item, f"```{language}\n\n```\n") for item in items])
        if args.json:
            with open(args.json, "a", encoding="utf-8") as out:
                for item, one in zip(items, given):
                    out.write(json.dumps({"suite": suite, "item": item, "verdict": one["verdict"], "why": one["why"]}) + "\n")
        passed = sum(one["verdict"] == "CORRECT" for one in given)
        wrong = [(item, one) for item, one in zip(items, given) if one["verdict"] != "CORRECT"]
        failed += [(suite, item, one["verdict"], one["why"]) for item, one in wrong]
        nothing = sum(one["verdict"] == "CORRECT" for one in empty)
        table.append(f"| {suite} | {language} | {len(rows):,} | {passed:,} | {', '.join(item for item, _ in wrong) or 'none'} | {nothing} |")
        print(table[-1], file=sys.stderr, flush=True)
    print("| suite | language | items | references that pass | that do not | empty programs that pass |\n|---|---|---:|---:|---|---:|")
    print("\n".join(table))
    if failed:
        print("\n| suite | item | verdict | reason |\n|---|---|---|---|")
        for suite, item, verdict, why in failed:
            print(f"| {suite} | {item} | {verdict} | {why.replace('|', ' ')[:160]} |")


if __name__ == "__main__":
    main()
