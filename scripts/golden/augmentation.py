"""Makes tests/golden/augment/policies.json and its arrays with torchvision: the operations that
RandAugment and TrivialAugment draw besides those in cases.json, on the same input.png.

    python -m pip install "torch==2.13.*" "torchvision==0.28.*" numpy pillow
    python scripts/golden/augmentation.py

Each array is the image after one operation, [H,W,3] float32 from 0 to 1. Tone changes are computed
on bytes, as PIL defines them. Shear is about the upper left corner, as in both policies.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import InterpolationMode, functional

folder = Path(__file__).resolve().parents[2] / "tests" / "golden" / "augment"
pixels = torch.from_numpy(np.array(Image.open(folder / "input.png").convert("RGB"))).permute(2, 0, 1)


def affine(image: torch.Tensor, translate: list[float], shear: list[float]) -> torch.Tensor:
    degrees = [math.degrees(math.atan(value)) for value in shear]
    return functional.affine(
        image, 0.0, translate, 1.0, degrees, interpolation=InterpolationMode.BILINEAR, center=[0, 0]
    )


def apply(case: dict) -> torch.Tensor:
    image = pixels.float() / 255
    match case["op"]:
        case "verticalFlip":
            return functional.vertical_flip(image)
        case "rotate":
            return functional.rotate(image, case["degrees"], interpolation=InterpolationMode.BILINEAR)
        case "shear":
            return affine(image, [0, 0], [case["x"], case["y"]])
        case "translate":
            return affine(image, [case["x"], case["y"]], [0, 0])
        case "posterize":
            return functional.posterize(pixels, case["bits"]).float() / 255
        case "solarize":
            return functional.solarize(pixels, case["threshold"] * 255).float() / 255
        case "equalize":
            return functional.equalize(pixels).float() / 255
        case "hue":
            return functional.adjust_hue(image, case["shift"])
        case "saturation":
            return functional.adjust_saturation(image, case["factor"])
        case "gaussianBlur":
            return functional.gaussian_blur(image, [case["kernelSize"]] * 2, [case["sigma"]] * 2)
    raise ValueError(case["op"])


cases = [
    {"op": "verticalFlip"},
    {"op": "rotate", "degrees": 123.4},
    {"op": "shear", "x": 0.297, "y": 0},
    {"op": "shear", "x": 0, "y": -0.4},
    {"op": "translate", "x": 11, "y": 0},
    {"op": "translate", "x": 0, "y": -7},
    {"op": "posterize", "bits": 3},
    {"op": "solarize", "threshold": 0.4},
    {"op": "equalize"},
    {"op": "hue", "shift": 0.5},
    {"op": "saturation", "factor": 1.9},
    {"op": "gaussianBlur", "kernelSize": 11, "sigma": 2.5},
]
for index, case in enumerate(cases):
    values = apply(case).permute(1, 2, 0).numpy().astype(np.float32)
    np.save(folder / f"policies-{index:02}.{case['op']}.npy", np.ascontiguousarray(values))
(folder / "policies.json").write_text(json.dumps(cases, indent=1) + "\n")
