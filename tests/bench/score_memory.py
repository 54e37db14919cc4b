#!/usr/bin/env python3
"""Time and peak memory of `leitai score` on stored answers, for growing runs: memory must not grow with the answers.

    score_memory.py [--leitai build/release/leitai] [--items 20000] [--models 5,50] [--folder DIR]

Makes questions and recorded answers of half a kilobyte, stores them by `leitai run -m replay:`, and scores each run. Runs with
equally many items and more models hold more answers to the same board; `--items 100000,1000000 --models 1` lets the items grow, for each of
which a leaderboard keeps some 20 bytes (ItemNumbers, BoardScores).
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

BODY = ("Let us work it out step by step. The farmer sells the rest of the eggs at the market every day, so the amount is the product of the "
        "two numbers that were given above. ") * 3


def write(folder, items, models):
    draw = random.Random(1)
    truth = [draw.randrange(10000) for _ in range(items)]
    with open(f"{folder}/q.jsonl", "w") as file:
        for i, value in enumerate(truth):
            file.write(json.dumps({"id": str(i), "question": f"What is {value - 1} plus one? ({i})", "answer": str(value)}) + "\n")
    for model in range(models):
        with open(f"{folder}/m{model}.jsonl", "w") as file:
            for i, value in enumerate(truth):
                said = value if draw.random() < 0.7 else value + 1
                file.write(json.dumps({"suite": "q", "item": str(i), "text": f"{BODY}The answer is {said}."}) + "\n")


def measured(command, folder):
    begin = time.time()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"score_memory.py: {' '.join(command[:3])}: {told[-500:]}")
    return time.time() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leitai", default="build/release/leitai")
    parser.add_argument("--items", default="20000")
    parser.add_argument("--models", default="5,50")
    parser.add_argument("--folder", help="where the runs lie; default: a temporary folder")
    args = parser.parse_args()
    leitai = os.path.abspath(args.leitai)
    print(f"{'items':>10}{'models':>8}{'answers':>12}{'run, s':>9}{'score, s':>10}{'CPU, s':>8}{'peak, MB':>10}")
    for items in map(int, args.items.split(",")):
        for models in map(int, args.models.split(",")):
            with tempfile.TemporaryDirectory(dir=args.folder) as folder:
                write(folder, items, models)
                run = [leitai, "run", "-s", "q.jsonl", "--name", "r", "-q"]
                for model in range(models):
                    run += ["-m", f"replay:m{model}.jsonl"]
                asked = measured(run, folder)
                wall, cpu, peak = measured([leitai, "score", "runs/r", "-q"], folder)
                print(f"{items:>10,}{models:>8}{items * models:>12,}{asked[0]:>9.1f}{wall:>10.1f}{cpu:>8.1f}{peak:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
