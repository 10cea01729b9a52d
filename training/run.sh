#!/bin/sh
# Train the bundled stance model from scratch. About four hours on two cores with bf16, no GPU.
#
#   make train DATA=path/to/train.jsonl.gz
#
# WORK keeps checkpoints: after an interruption run it again and it goes on where it stopped.
set -eu
DATA=${DATA:?the gathered public rows, see training/SOURCES.md}
WORK=${WORK:-build/training}
PY=${PY:-python}
CORPUS=training/corpus
export OMP_WAIT_POLICY=passive

mkdir -p "$WORK"
[ -f "$WORK/base/base.npz" ] || "$PY" -m training.base_model --out "$WORK/base" \
    --texts "$CORPUS/passages.jsonl" "$CORPUS/articles.jsonl" "$DATA"
[ -f "$WORK/stage1.jsonl" ] || "$PY" -m training.stage1 --data "$DATA" --corpus "$CORPUS" --out "$WORK/stage1.jsonl"
[ -f "$WORK/s1/done" ] || "$PY" -m training.train --base "$WORK/base" --rows "$WORK/stage1.jsonl" --out "$WORK/s1" \
    --steps 2000 --until "${STEPS1:-950}" --resume
[ -f "$WORK/st2/rows.jsonl" ] || "$PY" -m training.stage2 --corpus "$CORPUS" --first "$WORK/stage1.jsonl" --data "$DATA" --out "$WORK/st2"
[ -f "$WORK/s2/done" ] || "$PY" -m training.train --base "$WORK/base" --rows "$WORK/st2/rows.jsonl" --start "$WORK/s1/ema.pt" \
    --out "$WORK/s2" --steps "${STEPS2:-8000}" --drop 0.1 --ema 0.997 --resume
"$PY" -m training.export --model "$WORK/s2/ema.pt" --base "$WORK/base" --rows "$WORK/st2/rows.jsonl" --check "$WORK/st2/dev.jsonl" \
    --out claimline/matching/weights
"$PY" -m training.fit_aggregate --corpus "$CORPUS" --rows "$WORK/st2/dev.jsonl" --data "$DATA"
