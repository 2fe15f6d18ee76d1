"""A tiny language model in a GGUF file: two layers with random weights, one token for each byte."""

import struct
from pathlib import Path

import numpy as np

WIDTH, HEADS, INNER, LAYERS = 32, 2, 48, 2


def byte_letters() -> list[str]:
    """The letters that stand for the 256 bytes in byte-level vocabularies (Radford et al. 2019)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) if byte in plain else chr(256 + others.index(byte)) for byte in range(256)]


def write(path: Path, seed: int = 0) -> Path:
    """Write the file. The same seed writes the same bytes."""
    random = np.random.default_rng(seed)
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *byte_letters()]
    settings = {
        "llama.block_count": LAYERS,
        "llama.context_length": 256,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": 1,
        "llama.rope.freq_base": 10000.0,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": [],
    }
    shapes = {"token_embd": (len(tokens), WIDTH), "output_norm": (WIDTH,)}
    for layer in range(LAYERS):
        shapes |= {f"blk.{layer}.{name}": (WIDTH,) for name in ("attn_norm", "ffn_norm")}
        shapes |= {f"blk.{layer}.attn_{name}": (WIDTH, WIDTH) for name in ("q", "output")}
        shapes |= {f"blk.{layer}.attn_{name}": (WIDTH // HEADS, WIDTH) for name in "kv"}
        shapes |= {f"blk.{layer}.ffn_{name}": (INNER, WIDTH) for name in ("gate", "up")}
        shapes[f"blk.{layer}.ffn_down"] = (WIDTH, INNER)
    out, body = [b"GGUF", struct.pack("<IQQ", 3, len(shapes), len(settings))], []
    for name, value in settings.items():
        out += [_string(name), _value(value)]
    at = 0
    for name, shape in shapes.items():
        tensor = random.normal(0, 0.1, shape).astype("<f4") + ("norm" in name)
        data = tensor.tobytes() + b"\0" * (-tensor.nbytes % 32)
        out += [_string(f"{name}.weight"), struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], 0, at)]
        at += len(data)
        body.append(data)
    head = b"".join(out)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + b"".join(body))
    return path


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value) -> bytes:
    if isinstance(value, list):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_string, value))
    return struct.pack("<If", 6, value) if isinstance(value, float) else struct.pack("<II", 4, value)
