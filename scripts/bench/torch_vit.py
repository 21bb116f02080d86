"""Times training steps of a Vision Transformer in eager PyTorch: forward, cross-entropy, backward, AdamW.

    python scripts/bench/torch_vit.py --model S/32 --image 224 --batch 64 --steps 10 --precision bf16

Prints one JSON object: imagesPerSecond, stepMs (median), peakRssBytes, and in `gemm` the GFLOP/s that
plain matrix products of this model's shapes reach on their own, which bounds what any step can reach.

The block is the usual one around nn.MultiheadAttention without returned weights; `--attention sdpa`
takes one fused qkv projection and scaled_dot_product_attention instead. bf16 is torch.autocast, and
`--compile` is torch.compile. The images are random and already on the device, so data loading is not
part of the time.
"""

import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn
from torch.nn import functional

# Width, depth and heads. A model may also be given as its own sizes, like 192x6x3/4.
WIDTHS = {"Ti": (192, 12, 3), "S": (384, 12, 6), "B": (768, 12, 12), "L": (1024, 24, 16), "H": (1280, 32, 16)}
CLASSES = 10
WARMUP_STEPS = 2


class FusedAttention(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        batch, count, width = tokens.shape
        query, key, value = (
            self.qkv(tokens).view(batch, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        )
        mixed = functional.scaled_dot_product_attention(
            query, key, value, dropout_p=self.dropout if self.training else 0.0
        )
        return self.proj(mixed.transpose(1, 2).reshape(batch, count, width))


class ModuleAttention(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.attention(tokens, tokens, tokens, need_weights=False)[0]


class Block(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float, attention: type[nn.Module]):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = attention(width, heads, dropout)
        self.dropout = nn.Dropout(dropout)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(4 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        tokens = tokens + self.dropout(self.attn(self.norm1(tokens)))
        return tokens + self.mlp(self.norm2(tokens))


class VisionTransformer(nn.Module):
    def __init__(self, model: str, image: int, dropout: float, attention: type[nn.Module]):
        super().__init__()
        name, patch = model.split("/")
        width, depth, heads = WIDTHS[name] if name in WIDTHS else map(int, name.split("x"))
        self.tokens = (image // int(patch)) ** 2 + 1
        self.width = width
        self.patch_embed = nn.Conv2d(3, width, kernel_size=int(patch), stride=int(patch))
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, self.tokens, width) * 0.02)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(Block(width, heads, dropout, attention) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        patches = self.patch_embed(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(images), -1, -1), patches], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(self.dropout(tokens)))[:, 0])


def time_steps(model: VisionTransformer, options: argparse.Namespace) -> list[float]:
    """Seconds of each measured step."""
    images = torch.randn(options.batch, 3, options.image, options.image)
    labels = torch.randint(CLASSES, (options.batch,))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.05)
    forward = torch.compile(model) if options.compile else model
    seconds = []
    for step in range(WARMUP_STEPS + options.steps):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
            loss = functional.cross_entropy(forward(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        if step >= WARMUP_STEPS:
            seconds.append(time.perf_counter() - start)
    return seconds


def time_products(model: VisionTransformer, options: argparse.Namespace) -> dict[str, float]:
    """GFLOP/s of the block's four matrix products, by their shapes [rows,inner,columns]."""
    kind = torch.bfloat16 if options.precision == "bf16" else torch.float32
    rows, width = options.batch * model.tokens, model.width
    reached = {}
    for inner, columns in [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]:
        left, right = torch.randn(rows, inner).to(kind), torch.randn(inner, columns).to(kind)
        best = float("inf")
        for _ in range(10):
            start = time.perf_counter()
            left @ right
            best = min(best, time.perf_counter() - start)
        reached[f"{rows}x{inner}x{columns}"] = round(2e-9 * rows * inner * columns / best, 1)
    return reached


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="S/32", help="width and patch size, e.g. S/32 or 192x6x3/4")
    parser.add_argument("--image", type=int, default=224, help="side of the images in pixels")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10, help="steps to measure")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--attention", choices=["module", "sdpa"], default="module")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    torch.manual_seed(0)
    attention = FusedAttention if options.attention == "sdpa" else ModuleAttention
    model = VisionTransformer(options.model, options.image, options.dropout, attention).train()
    seconds = statistics.median(time_steps(model, options))
    # Before the products, which would add to the peak. Linux counts in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {
                "imagesPerSecond": options.batch / seconds,
                "stepMs": 1000 * seconds,
                "peakRssBytes": peak,
                "parameters": sum(parameter.numel() for parameter in model.parameters()),
                "gemm": time_products(model, options),
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
            }
        )
    )


if __name__ == "__main__":
    main()
