"""Makes the reference values of the model options in tests/golden/model-options with timm's own model.

They are kept with the tests, so this is only run when a reference is added or changed:

    python -m pip install "torch==2.13.*" "timm==1.0.28" numpy safetensors
    python scripts/golden/model_options.py

What it writes (16 px images, patch 4, width 16, depth 2, 2 heads, 3 classes):

    images.npy labels.npy        [16,16,16,3] bytes and [16]: four batches of four
    cases.json                   per case: the options in this app's words, logits and loss of the first
                                 batch, and the losses of 20 AdamW steps over the batches in turn
    CASE/weights.safetensors     timm's state dict
    CASE/gradients.safetensors   of the first batch's mean cross-entropy

The model is timm's `VisionTransformer`; what timm has no option for is said at the class that adds it.
Images are (byte / 255 − 0.5) / 0.25. Everything is computed in float64 from weights rounded to float32.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from timm.models.vision_transformer import Block, VisionTransformer
from torch import nn
from torch.nn import functional

from vit import randomise

golden = Path(__file__).resolve().parents[2] / "tests" / "golden" / "model-options"
grid, width, batch_size, steps = 4, 16, 4, 20
layer_norm = partial(nn.LayerNorm, eps=1e-6)
rms_norm = partial(nn.RMSNorm, eps=1e-6)
optimizer = {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.05}


class PostNormBlock(Block):
    """Vaswani et al. (2017): the norm comes after the residual sum. (timm's post-norm is another one.)"""

    def forward(self, x, attn_mask=None, is_causal=False):
        x = self.norm1(x + self.ls1(self.attn(x)))
        return self.norm2(x + self.ls2(self.mlp(x)))


class NoNorm(nn.Identity):
    """In the place of a norm, takes its arguments and has no parameters."""

    def __init__(self, *_, **__):
        super().__init__()


def moco_positions() -> torch.Tensor:
    """MoCo v3's fixed positions on the grid: [patches, width]."""
    place = torch.arange(grid, dtype=torch.float64)
    rows, columns = torch.meshgrid(place, place, indexing="ij")
    frequencies = 10000.0 ** -(torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    by_row, by_column = (axis.flatten()[:, None] * frequencies for axis in (rows, columns))
    return torch.cat([by_row.sin(), by_row.cos(), by_column.sin(), by_column.cos()], dim=1)


def with_fixed_positions(model: VisionTransformer) -> VisionTransformer:
    """timm's `pos_embed`, set to the table and left alone by training; zero for the tokens before the patches."""
    table = torch.cat([torch.zeros(model.num_prefix_tokens, width, dtype=torch.float64), moco_positions()])
    model.pos_embed = nn.Parameter(table[None].float().to(model.pos_embed.dtype), requires_grad=False)
    return model


def build(**options) -> VisionTransformer:
    settings = {"qkv_bias": True, "norm_layer": layer_norm, **options}
    return VisionTransformer(
        img_size=16, patch_size=4, embed_dim=width, depth=2, num_heads=2, num_classes=3, **settings
    )


mean_pooling = {"global_pool": "avg", "class_token": False}

# Per case: the options in this app's words, and timm's.
cases = {
    "plain": ({}, {}),
    "rms-norm": ({"norm": "rmsnorm"}, {"norm_layer": rms_norm}),
    "post-norm": ({"normPlace": "post"}, {"block_fn": PostNormBlock, "final_norm": False}),
    "no-norm": ({"normPlace": "none"}, {"norm_layer": NoNorm}),
    "sinusoidal": ({"positions": "sinusoidal"}, {}),
    "no-positions": ({"positions": "none"}, {"pos_embed": "none"}),
    "mean-pooling": ({"pooling": "mean"}, mean_pooling),
    "no-qkv-bias": ({"qkvBias": False}, {"qkv_bias": False}),
    "layer-scale": ({"layerScale": 0.5}, {"init_values": 0.5}),
    "registers": ({"registerTokens": 2}, {"reg_tokens": 2}),
    "mean-rms-registers-scale": (
        {"pooling": "mean", "norm": "rmsnorm", "registerTokens": 3, "layerScale": 0.1, "positions": "sinusoidal"},
        {**mean_pooling, "norm_layer": rms_norm, "reg_tokens": 3, "init_values": 0.1},
    ),
    "post-rms-mean-no-bias": (
        {"normPlace": "post", "norm": "rmsnorm", "pooling": "mean", "qkvBias": False, "layerScale": 0.5},
        {
            **mean_pooling,
            "block_fn": PostNormBlock,
            "final_norm": False,
            "norm_layer": rms_norm,
            "qkv_bias": False,
            "init_values": 0.5,
        },
    ),
}


def fresh_model(name: str) -> VisionTransformer:
    words, options = cases[name]
    model = build(**options).double()
    randomise(model, seed=7)
    return with_fixed_positions(model) if words.get("positions") == "sinusoidal" else model


def batches() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    images = generator.integers(0, 256, size=(4 * batch_size, 16, 16, 3), dtype=np.uint8)
    return images, generator.integers(0, 3, size=4 * batch_size).astype(np.int32)


def model_input(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy((images / 255 - 0.5) / 0.25).permute(0, 3, 1, 2)


def save_tensors(name: str, tensors: dict[str, torch.Tensor]) -> None:
    path = golden / name
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.detach().float().contiguous() for key, tensor in tensors.items()}, path)


def make_case(name: str, images: np.ndarray, labels: np.ndarray) -> dict:
    model = fresh_model(name)
    inputs, targets = model_input(images).split(batch_size), torch.from_numpy(labels).long().split(batch_size)
    logits = model(inputs[0])
    loss = functional.cross_entropy(logits, targets[0])
    loss.backward()
    trained = {key: parameter for key, parameter in model.named_parameters() if parameter.requires_grad}
    save_tensors(f"{name}/weights.safetensors", dict(model.state_dict()))
    save_tensors(f"{name}/gradients.safetensors", {key: parameter.grad for key, parameter in trained.items()})
    update = torch.optim.AdamW(trained.values(), **optimizer)
    losses = []
    for step in range(steps):
        at = step % len(inputs)
        step_loss = functional.cross_entropy(model(inputs[at]), targets[at])
        update.zero_grad()
        step_loss.backward()
        update.step()
        losses.append(step_loss.item())
    return {
        "options": cases[name][0],
        "parameters": list(trained),
        "logits": logits.tolist(),
        "loss": loss.item(),
        "losses": losses,
    }


if __name__ == "__main__":
    golden.mkdir(parents=True, exist_ok=True)
    images, labels = batches()
    np.save(golden / "images.npy", images)
    np.save(golden / "labels.npy", labels)
    made = {name: make_case(name, images, labels) for name in cases}
    stated = {"lr": optimizer["lr"], "weightDecay": optimizer["weight_decay"], "cases": made}
    (golden / "cases.json").write_text(json.dumps(stated, indent=1) + "\n")
