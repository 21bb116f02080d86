"""The Vision Transformer that the reference values come from, with timm's parameter names.

Pre-norm blocks, LayerNorm with epsilon 1e-6, exact GELU, learned positions on the class token and
the patches, and a linear head on the class token (Dosovitskiy et al., 2020). Attention is written
out so that its weights can be returned.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Sizes:
    image: int
    patch: int
    width: int
    depth: int
    heads: int
    classes: int
    mlp_ratio: int = 4

    @property
    def tokens(self) -> int:
        return (self.image // self.patch) ** 2 + 1


class PatchEmbedding(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.proj = nn.Conv2d(3, sizes.width, kernel_size=sizes.patch, stride=sizes.patch)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """[B,3,H,W] to [B,patches,width]."""
        return self.proj(images).flatten(2).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.heads = sizes.heads
        self.qkv = nn.Linear(sizes.width, 3 * sizes.width)
        self.proj = nn.Linear(sizes.width, sizes.width)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[B,N,D] to ([B,N,D], attention [B,H,N,N])."""
        batch, count, width = tokens.shape
        query, key, value = (
            self.qkv(tokens).view(batch, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        )
        scores = query @ key.transpose(-2, -1) / math.sqrt(width // self.heads)
        attention = scores.softmax(dim=-1)
        mixed = (attention @ value).transpose(1, 2).reshape(batch, count, width)
        return self.proj(mixed), attention


class Mlp(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.fc1 = nn.Linear(sizes.width, sizes.mlp_ratio * sizes.width)
        self.fc2 = nn.Linear(sizes.mlp_ratio * sizes.width, sizes.width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.fc2(nn.functional.gelu(self.fc1(tokens)))


class Block(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.norm1 = nn.LayerNorm(sizes.width, eps=1e-6)
        self.attn = Attention(sizes)
        self.norm2 = nn.LayerNorm(sizes.width, eps=1e-6)
        self.mlp = Mlp(sizes)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mixed, attention = self.attn(self.norm1(tokens))
        tokens = tokens + mixed
        return tokens + self.mlp(self.norm2(tokens)), attention


class VisionTransformer(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.patch_embed = PatchEmbedding(sizes)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, sizes.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, sizes.tokens, sizes.width))
        self.blocks = nn.ModuleList(Block(sizes) for _ in range(sizes.depth))
        self.norm = nn.LayerNorm(sizes.width, eps=1e-6)
        self.head = nn.Linear(sizes.width, sizes.classes)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Images [B,3,H,W] to (logits [B,classes], attention [L,B,H,N,N])."""
        patches = self.patch_embed(images)
        tokens = torch.cat([self.cls_token.expand(len(images), -1, -1), patches], dim=1) + self.pos_embed
        attentions = []
        for block in self.blocks:
            tokens, attention = block(tokens)
            attentions.append(attention)
        return self.head(self.norm(tokens)[:, 0]), torch.stack(attentions)


def randomise(model: nn.Module, seed: int) -> None:
    """Weights at a scale where every part matters: uneven attention, norms and biases that do something.

    Values are rounded to float32, because that is how they are stored.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            if "norm" in name and name.endswith("weight"):
                value = 1 + 0.2 * noise
            elif name.endswith("bias"):
                value = 0.1 * noise
            elif name in ("cls_token", "pos_embed"):
                value = 0.3 * noise
            else:
                fan_in = parameter[0].numel()
                value = noise * (1.4 if "qkv" in name else 1.0) / math.sqrt(fan_in)
            parameter.copy_(value.float().to(parameter.dtype))
