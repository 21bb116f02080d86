"""Losses of 20 training steps for each training option, by PyTorch and timm.

    python -m pip install "torch==2.13.*" "timm==1.0.28" numpy safetensors
    python scripts/golden/train.py

writes below tests/golden/train: weights.safetensors (the start), images.npy [24,16,16,3] uint8,
labels.npy [24], and cases.json: for each case the `train` options of a run's configuration, what
happens in each step, and the results.

The model, mixup's targets, LAMB, the layers of layer-wise decay and the moving average are timm's own;
optimizers, schedulers, clipping and losses PyTorch's. Everything is computed in float64. Each case is
checked to differ from the plain one, so that an option without effect could not pass.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from timm.data.mixup import mixup_target
from timm.loss import SoftTargetCrossEntropy
from timm.models.vision_transformer import VisionTransformer
from timm.optim import Lamb, param_groups_layer_decay
from timm.utils import ModelEmaV3
from torch import nn

from schedules import learning_rates
from vit import randomise

golden = Path(__file__).resolve().parents[2] / "tests" / "golden" / "train"
side, classes, batch_size, steps, depth = 16, 5, 6, 20, 3
generator = np.random.default_rng(5)
labels = np.array([0, 3, 4, 1, 0, 2, 0, 0, 1, 4, 2, 0, 3, 0, 4, 0, 1, 2, 0, 1, 0, 3, 4, 0], dtype=np.int32)
# Each class has a colour of its own, so that there is something to learn.
tints = generator.integers(40, 200, size=(classes, 1, 1, 3))
images = np.clip(tints[labels] + generator.normal(0, 40, size=(24, side, side, 3)), 0, 255).astype(np.uint8)
mean, deviation = 0.5, 0.25

base_optimizer = {
    "name": "adamw",
    "lr": 1e-3,
    "betas": [0.9, 0.999],
    "eps": 1e-8,
    "momentum": 0.9,
    "nesterov": True,
    "weightDecay": 0.05,
    "decayNormAndBias": True,
    "decayTokens": True,
    "layerDecay": 1,
}
constant = {"name": "constant", "warmupEpochs": 0, "warmupStartLr": 1e-6, "minLr": 1e-5, "stepEpochs": 2, "gamma": 0.5}
epochs, steps_per_epoch = 5, 4


def fresh_model() -> VisionTransformer:
    model = VisionTransformer(
        img_size=side, patch_size=4, num_classes=classes, embed_dim=24, depth=depth, num_heads=3, mlp_ratio=2,
        norm_layer=partial(nn.LayerNorm, eps=1e-6),
    ).double()
    randomise(model, seed=9)
    return model


def batch(index: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    first = index % 4 * batch_size
    chosen = slice(first, first + count)
    pixels = torch.from_numpy(images[chosen]).double().permute(0, 3, 1, 2) / 255
    return (pixels - mean) / deviation, torch.from_numpy(labels[chosen]).long()


def freeze(model: VisionTransformer, train: dict) -> None:
    kind = train.get("freeze", "none")
    for name, parameter in model.named_parameters():
        if kind == "all-but-head":
            frozen = not name.startswith("head.")
        elif kind == "first-blocks":
            blocks = tuple(f"blocks.{index}." for index in range(train["frozenBlocks"]))
            frozen = name.startswith(("cls_token", "pos_embed", "patch_embed.", *blocks))
        else:
            frozen = False
        parameter.requires_grad_(not frozen)


def parameter_groups(model: VisionTransformer, options: dict) -> list[dict]:
    """One group for each parameter; the layers' scales are those that timm's own groups have."""
    scales = {}
    for group in param_groups_layer_decay(model, layer_decay=options["layerDecay"]):
        scales.update({parameter: group["lr_scale"] for parameter in group["params"]})
    groups = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        token = name in ("cls_token", "pos_embed")
        decayed = options["decayTokens"] if token else options["decayNormAndBias"] or parameter.ndim > 1
        groups.append({
            "params": [parameter],
            "lr_scale": scales[parameter],
            "weight_decay": options["weightDecay"] if decayed else 0.0,
        })
    return groups


def optimizer_for(model: VisionTransformer, options: dict) -> torch.optim.Optimizer:
    groups = parameter_groups(model, options)
    lr, adam = options["lr"], {"betas": tuple(options["betas"]), "eps": options["eps"]}
    if options["name"] == "adamw":
        return torch.optim.AdamW(groups, lr=lr, **adam)
    if options["name"] == "adam":
        return torch.optim.Adam(groups, lr=lr, **adam)
    if options["name"] == "sgd":
        return torch.optim.SGD(groups, lr=lr, momentum=options["momentum"], nesterov=options["nesterov"])
    return Lamb(groups, lr=lr, max_grad_norm=None, **adam)


def mixed(pixels: torch.Tensor, mix: dict) -> torch.Tensor:
    """In place and with the flipped batch, as timm's `Mixup` does by batch."""
    flipped = pixels.flip(0)
    if mix["kind"] == "mixup":
        return pixels * mix["weight"] + flipped * (1 - mix["weight"])
    top, left, bottom, right = mix["box"]
    result = pixels.clone()
    result[:, :, top:bottom, left:right] = flipped[:, :, top:bottom, left:right]
    return result


def loss_of(model: VisionTransformer, parts: list[dict], train: dict) -> torch.Tensor:
    """Of one step: the parts' batches are taken as a single one, which is what accumulation stands for."""
    smoothing = train.get("labelSmoothing", 0.0)
    pixels, targets, hard = [], [], []
    for part in parts:
        x, y = batch(part["batch"], part["count"])
        mix = part.get("mix")
        targets.append(mixup_target(y, classes, 1.0 if mix is None else mix["weight"], smoothing).double())
        pixels.append(x if mix is None else mixed(x, mix))
        hard.append(y)
    logits = model(torch.cat(pixels))
    if any(part.get("mix") for part in parts):
        return SoftTargetCrossEntropy()(logits, torch.cat(targets))
    weight = None
    if train.get("classWeights") == "balanced":
        counts = torch.from_numpy(np.bincount(labels, minlength=classes)).double()
        weight = len(labels) / (classes * counts)
    return nn.functional.cross_entropy(logits, torch.cat(hard), weight=weight, label_smoothing=smoothing)


def run(train: dict, parts_of: list[list[dict]]) -> dict:
    options = base_optimizer | train.get("optimizer", {})
    schedule = constant | train.get("schedule", {})
    model = fresh_model()
    freeze(model, train)
    optimizer = optimizer_for(model, options)
    by_step = schedule.get("interval") == "step"
    scheduled = learning_rates(schedule, options["lr"], epochs, steps_per_epoch if by_step else 1)
    average = ModelEmaV3(model, decay=train["ema"]["decay"]) if train.get("ema") else None
    losses, norms, rates = [], [], []
    for step, parts in enumerate(parts_of):
        loss = loss_of(model, parts, train)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), train.get("clipGradNorm") or float("inf"))
        rates.append(scheduled[step if by_step else step // steps_per_epoch])
        # As timm's schedulers apply a layer's scale.
        for group in optimizer.param_groups:
            group["lr"] = rates[-1] * group["lr_scale"]
        optimizer.step()
        if average is not None:
            average.update(model)
        losses.append(loss.item())
        norms.append(norm.item())
    result = {"losses": losses, "gradNorms": norms, "rates": rates, "logits": evaluated(model)}
    return result if average is None else {**result, "averageLogits": evaluated(average.module)}


@torch.no_grad()
def evaluated(model: nn.Module) -> list[list[float]]:
    return model(batch(0, batch_size)[0]).tolist()


def plain(step: int) -> list[dict]:
    return [{"batch": step, "count": batch_size - step % 2}]


def accumulated(step: int) -> list[dict]:
    return [{"batch": 3 * step + part, "count": count} for part, count in enumerate((6, 6, 4))]


def with_mix(parts: list[dict], step: int, kind: str) -> list[dict]:
    for part in parts:
        if kind == "mixup":
            part["mix"] = {"kind": "mixup", "weight": float(np.float32(generator.beta(0.8, 0.8))), "box": [0, 0, 0, 0]}
        else:
            top, left = (int(value) for value in generator.integers(0, 10, size=2))
            bottom, right = top + 1 + step % 6, left + 6
            weight = 1 - (bottom - top) * (right - left) / side**2
            part["mix"] = {"kind": "cutmix", "weight": weight, "box": [top, left, bottom, right]}
    return parts


def cases() -> dict[str, tuple[dict, list[list[dict]]]]:
    simple = [plain(step) for step in range(steps)]
    several = [accumulated(step) for step in range(steps)]
    heavy = {"weightDecay": 2.0}

    def schedule(name: str, interval: str) -> dict:
        return {"schedule": {"name": name, "interval": interval, "warmupEpochs": 1, "warmupStartLr": 1e-4}}

    result = {
        "adamw": ({}, simple),
        "adam": ({"optimizer": {"name": "adam", "weightDecay": 0.1}}, simple),
        "sgd-nesterov": ({"optimizer": {"name": "sgd", "lr": 0.02, "weightDecay": 0.1}}, simple),
        "sgd-momentum": ({"optimizer": {"name": "sgd", "lr": 0.02, "nesterov": False, "weightDecay": 0.1}}, simple),
        "lamb": ({"optimizer": {"name": "lamb", "lr": 0.01, "eps": 1e-6, "decayNormAndBias": False}}, simple),
        "decay-all": ({"optimizer": heavy}, simple),
        "decay-without-norm-and-bias": ({"optimizer": heavy | {"decayNormAndBias": False}}, simple),
        "decay-without-tokens": ({"optimizer": heavy | {"decayTokens": False}}, simple),
        "layer-decay": ({"optimizer": {"layerDecay": 0.6}}, simple),
        "label-smoothing": ({"labelSmoothing": 0.2}, simple),
        "clipping": ({"clipGradNorm": 0.5, "optimizer": {"name": "sgd", "lr": 0.02}}, simple),
        "accumulation": ({"gradAccumulation": 3}, several),
        "average": ({"ema": {"decay": 0.9}}, simple),
        "mixup": ({"mix": {"mixupAlpha": 0.8}, "labelSmoothing": 0.1}, None),
        "cutmix": ({"mix": {"cutmixAlpha": 1.0}}, None),
        "class-weights": ({"classWeights": "balanced", "labelSmoothing": 0.1}, simple),
        "class-weights-accumulated": ({"classWeights": "balanced", "gradAccumulation": 3}, several),
        "head-only": ({"freeze": "all-but-head", "ema": {"decay": 0.8}}, simple),
        "first-blocks-frozen": ({"freeze": "first-blocks", "frozenBlocks": 2}, simple),
        "chained-warmup-cosine": (schedule("chained-warmup-cosine", "epoch"), simple),
        "warmup-cosine-by-step": (schedule("warmup-cosine", "step"), simple),
        "linear-by-step": (schedule("linear", "step"), simple),
        "step": (schedule("step", "epoch"), simple),
        "many-together": (
            {
                "clipGradNorm": 1.0,
                "gradAccumulation": 3,
                "ema": {"decay": 0.95},
                "mix": {"mixupAlpha": 0.8, "cutmixAlpha": 1.0},
                "labelSmoothing": 0.1,
                "optimizer": {"layerDecay": 0.8, "decayNormAndBias": False, "decayTokens": False},
                **schedule("chained-warmup-cosine", "step"),
            },
            None,
        ),
    }
    result["mixup"] = (result["mixup"][0], [with_mix(plain(step), step, "mixup") for step in range(steps)])
    result["cutmix"] = (result["cutmix"][0], [with_mix(plain(step), step, "cutmix") for step in range(steps)])
    many = [with_mix(accumulated(step), step, "cutmix" if step % 3 == 0 else "mixup") for step in range(steps)]
    result["many-together"] = (result["many-together"][0], many)
    return result


def rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    golden.mkdir(parents=True, exist_ok=True)
    weights = {name: parameter.detach().float().contiguous() for name, parameter in fresh_model().named_parameters()}
    save_file(weights, golden / "weights.safetensors")
    np.save(golden / "images.npy", images)
    np.save(golden / "labels.npy", labels)
    written, seen = [], []
    for name, (train, parts) in cases().items():
        result = run(train, parts)
        logits = np.array(result["logits"])
        assert all(np.abs(logits - other).max() > 1e-2 for other in seen) or name == "average", f"{name} does nothing"
        seen.append(logits)
        options = {"optimizer": base_optimizer | train.get("optimizer", {}), "schedule": constant | train.get("schedule", {})}
        written.append({"name": name, "train": {**train, **options}, "steps": parts, **result})
    (golden / "cases.json").write_text(json.dumps(rounded(written)) + "\n")


if __name__ == "__main__":
    main()
