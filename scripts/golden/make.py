"""Makes the reference values in tests/golden with PyTorch and numpy.

They are kept with the tests, so this is only run when a reference is added or changed:

    python -m pip install "torch==2.13.*" numpy safetensors
    python scripts/golden/make.py

What it writes below tests/golden (float32 and int32 npy files, safetensors with timm's names):

    vit-small/weights.safetensors        the model: 32 px, patch 8, width 48, depth 3, 4 heads, 5 classes
    vit-small/input.npy labels.npy       [4,3,32,32] and [4]
    vit-small/logits.npy attention.npy   [4,5] and [3,4,4,17,17]
    vit-small/loss.json                  mean cross-entropy, plain and with label smoothing 0.1
    vit-small/gradients.safetensors      of the plain loss, by parameter
    adamw/after-adamw-{1,2,3}.safetensors  weights after each of three AdamW steps on that one batch
    adamw/steps.json                     the options, and the loss before each step and after the last;
                                         `clipped` has the same with gradients clipped to global norm 1
    rollout/{fusion}-{residual|plain}-{discard}.npy   [4,17,17], of vit-small/attention.npy
    pca/{wide,tall}.npy, *-components.npy, pca.json    filters, components and explained variances
    position-similarity.npy              [17,17], of vit-small's positions, class token first
    attention-distance.json              [3,4] in pixels, of vit-small/attention.npy, and uniform attention

Everything is computed in float64 from inputs rounded to float32, so the references carry no rounding
of their own. One thing follows for AdamW: a key's bias has no influence on the softmax, its gradient
is zero, and Adam divides whatever rounding puts there by its own size. An implementation in float32
can only be compared on qkv biases without their middle third (the keys).
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional

import inspection
from vit import Sizes, VisionTransformer, randomise

golden = Path(__file__).resolve().parents[2] / "tests" / "golden"
sizes = Sizes(image=32, patch=8, width=48, depth=3, heads=4, classes=5)
batch = 4


def save_array(name: str, values: np.ndarray) -> None:
    path = golden / name
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = np.int32 if np.issubdtype(values.dtype, np.integer) else np.float32
    np.save(path, np.ascontiguousarray(values.astype(kind)))


def save_json(name: str, value: object) -> None:
    path = golden / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def save_tensors(name: str, tensors: dict[str, torch.Tensor]) -> None:
    path = golden / name
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.detach().float().contiguous() for key, tensor in tensors.items()}, path)


def fresh_model() -> VisionTransformer:
    model = VisionTransformer(sizes).double()
    randomise(model, seed=7)
    return model


def fresh_batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(11)
    images = torch.randn(batch, 3, sizes.image, sizes.image, generator=generator)
    return images.double(), torch.tensor([0, 3, 4, 1])


def make_model() -> np.ndarray:
    """Returns the attention [L,B,H,N,N] as it is stored."""
    model = fresh_model()
    images, labels = fresh_batch()
    logits, attention = model(images)
    loss = functional.cross_entropy(logits, labels)
    loss.backward()
    smoothed = functional.cross_entropy(logits.detach(), labels, label_smoothing=0.1)
    stored = attention.detach().numpy().astype(np.float32)
    save_tensors("vit-small/weights.safetensors", dict(model.named_parameters()))
    save_tensors("vit-small/gradients.safetensors", {name: p.grad for name, p in model.named_parameters()})
    save_array("vit-small/input.npy", images.numpy())
    save_array("vit-small/labels.npy", labels.numpy())
    save_array("vit-small/logits.npy", logits.detach().numpy())
    save_array("vit-small/attention.npy", stored)
    save_json("vit-small/loss.json", {"loss": loss.item(), "labelSmoothing": 0.1, "smoothedLoss": smoothed.item()})
    return stored


def adamw_steps(options: dict, clip: float | None, keep: bool) -> dict:
    model = fresh_model()
    images, labels = fresh_batch()
    optimizer = torch.optim.AdamW(model.parameters(), **options)
    losses, gradient_norms = [], []
    for step in range(1, 4):
        loss = functional.cross_entropy(model(images)[0], labels)
        optimizer.zero_grad()
        loss.backward()
        # The norm before clipping; an infinite limit only measures.
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf") if clip is None else clip)
        optimizer.step()
        losses.append(loss.item())
        gradient_norms.append(norm.item())
        if keep:
            save_tensors(f"adamw/after-adamw-{step}.safetensors", dict(model.named_parameters()))
    losses.append(functional.cross_entropy(model(images)[0], labels).item())
    return {"losses": losses, "gradientNorms": gradient_norms}


def make_adamw() -> None:
    options = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.05}
    save_json(
        "adamw/steps.json",
        {
            "lr": options["lr"],
            "betas": options["betas"],
            "eps": options["eps"],
            "weightDecay": options["weight_decay"],
            **adamw_steps(options, clip=None, keep=True),
            "clipped": {"clipGradNorm": 1.0, **adamw_steps(options, clip=1.0, keep=False)},
        },
    )


def make_inspection(attention: np.ndarray) -> None:
    for fusion in ("mean", "max", "min"):
        for residual in (True, False):
            for discard in (0, 0.5):
                name = f"rollout/{fusion}-{'residual' if residual else 'plain'}-{discard}.npy"
                save_array(name, inspection.rollout(attention, fusion, residual, discard))
    model = fresh_model()
    positions = model.pos_embed.detach()[0].numpy()
    save_array("position-similarity.npy", inspection.cosine_similarity(positions))
    uniform = np.full((1, 1, 1, 197, 197), 1 / 196)
    save_json(
        "attention-distance.json",
        {
            "patchSize": sizes.patch,
            "distances": inspection.attention_distance(attention, sizes.patch).tolist(),
            "uniform14": inspection.attention_distance(uniform, 16).item(),
        },
    )


def make_components() -> None:
    """`wide` has fewer filters than values in one (the usual case), `tall` more."""
    generator = np.random.default_rng(3)
    tall = generator.normal(size=(100, 48)) * np.geomspace(1, 1e-2, 48) @ np.linalg.qr(generator.normal(size=(48, 48)))[0]
    banks = {
        "wide": fresh_model().patch_embed.proj.weight.detach().flatten(1).numpy(),
        "tall": (tall + generator.normal(size=48)).astype(np.float32),
    }
    variances = {}
    for name, bank in banks.items():
        components, variance = inspection.principal_components(bank, 28)
        save_array(f"pca/{name}.npy", bank)
        save_array(f"pca/{name}-components.npy", components)
        variances[name] = variance.tolist()
    save_json("pca/pca.json", {"explainedVariance": variances})


if __name__ == "__main__":
    make_inspection(make_model())
    make_adamw()
    make_components()
