#!/usr/bin/env python3
"""Logits of tiny checkpoints in double precision, one JSON line each. The weights follow the rule of tests/engine/tiny_model.h."""
import json
import math
import struct

MASK = 2**64 - 1
GAMMA = 0x9E3779B97F4A7C15


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + GAMMA) & MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return z ^ z >> 31

    def below(self, n):
        return (self.next() * n) >> 64

    def u01(self):
        return (self.next() >> 11) * 2.0**-53


def f32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class Tiny:
    """Defaults as in tiny_model.h."""

    def __init__(self, kind, head_dim=12, window=0):
        self.kind, self.head_dim, self.window = kind, head_dim, window
        self.vocab, self.hidden, self.wide, self.layers, self.heads, self.kv_heads = 264, 48, 80, 2, 4, 2
        self.eps, self.theta, self.seed, self.weights = 1e-4, 5000.0, 1, {}
        self.make()

    def add(self, name, n, scale, mean=0.0):
        dice = SplitMix64(self.seed * 1000 + len(self.weights))
        self.weights[name] = [f32(mean + scale * (2 * dice.u01() - 1)) for _ in range(n)]

    def make(self):
        q, kv, h = self.heads * self.head_dim, self.kv_heads * self.head_dim, self.hidden
        self.add("model.embed_tokens.weight", self.vocab * h, 1.5)
        self.add("lm_head.weight", self.vocab * h, 0.8)
        self.add("model.norm.weight", h, 0.5, 1)
        for i in range(self.layers):
            at = f"model.layers.{i}."
            self.add(at + "input_layernorm.weight", h, 0.5, 1)
            self.add(at + "post_attention_layernorm.weight", h, 0.5, 1)
            for name, n in (("self_attn.q_proj", q * h), ("self_attn.k_proj", kv * h), ("self_attn.v_proj", kv * h), ("self_attn.o_proj", h * q),
                            ("mlp.gate_proj", self.wide * h), ("mlp.up_proj", self.wide * h), ("mlp.down_proj", h * self.wide)):
                self.add(at + name + ".weight", n, 0.4)
            if self.kind == "qwen2":
                for name, n in (("q", q), ("k", kv), ("v", kv)):
                    self.add(f"{at}self_attn.{name}_proj.bias", n, 1)
            if self.kind == "qwen3":
                for name in "qk":
                    self.add(f"{at}self_attn.{name}_norm.weight", self.head_dim, 0.5, 1)

    def times(self, name, x):
        w, n = self.weights[name + ".weight"], len(x)
        out = [math.fsum(a * b for a, b in zip(w[i:i + n], x)) for i in range(0, len(w), n)]
        bias = self.weights.get(name + ".bias")
        return [a + b for a, b in zip(out, bias)] if bias else out

    def norm(self, name, x):
        scale = 1 / math.sqrt(math.fsum(v * v for v in x) / len(x) + self.eps)
        return [v * scale * w for v, w in zip(x, self.weights[name])]

    def turned(self, name, x, position):
        out, d = [], self.head_dim
        for at in range(0, len(x), d):
            head = x[at:at + d]
            if self.kind == "qwen3":
                head = self.norm(name, head)
            left, right = [], []
            for i in range(d // 2):
                angle = position * self.theta ** (-2 * i / d)
                a, b = head[i], head[i + d // 2]
                left.append(a * math.cos(angle) - b * math.sin(angle))
                right.append(b * math.cos(angle) + a * math.sin(angle))
            out += left + right
        return out

    def logits(self, ids):
        """Of the last position."""
        h, d = self.hidden, self.head_dim
        x = [self.weights["model.embed_tokens.weight"][i * h:(i + 1) * h] for i in ids]
        for layer in range(self.layers):
            at = f"model.layers.{layer}."
            normed = [self.norm(at + "input_layernorm.weight", row) for row in x]
            q = [self.turned(at + "self_attn.q_norm.weight", self.times(at + "self_attn.q_proj", row), t) for t, row in enumerate(normed)]
            k = [self.turned(at + "self_attn.k_norm.weight", self.times(at + "self_attn.k_proj", row), t) for t, row in enumerate(normed)]
            v = [self.times(at + "self_attn.v_proj", row) for row in normed]
            for t in range(len(x)):
                mixed = []
                for head in range(self.heads):
                    own = head // (self.heads // self.kv_heads) * d
                    first = max(0, t + 1 - self.window) if self.window else 0
                    scores = [math.fsum(q[t][head * d + i] * k[s][own + i] for i in range(d)) / math.sqrt(d) for s in range(first, t + 1)]
                    top = max(scores)
                    share = [math.exp(score - top) for score in scores]
                    total = math.fsum(share)
                    mixed += [math.fsum(p * v[first + s][own + i] for s, p in enumerate(share)) / total for i in range(d)]
                x[t] = [a + b for a, b in zip(x[t], self.times(at + "self_attn.o_proj", mixed))]
                row = self.norm(at + "post_attention_layernorm.weight", x[t])
                gate, up = self.times(at + "mlp.gate_proj", row), self.times(at + "mlp.up_proj", row)
                inner = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up)]
                x[t] = [a + b for a, b in zip(x[t], self.times(at + "mlp.down_proj", inner))]
        return self.times("lm_head", self.norm("model.norm.weight", x[-1]))


for kind, head_dim, window in (("llama", 12, 0), ("qwen2", 12, 0), ("qwen2", 12, 9), ("qwen3", 20, 0)):
    dice = SplitMix64(11)
    prompt = [dice.below(264) for _ in range(24)]
    print(json.dumps({"type": kind, "head_dim": head_dim, "window": window, "ids": prompt,
                      "logits": [round(value, 7) for value in Tiny(kind, head_dim, window).logits(prompt)]}))
