"""Compares the augmentation preset `tutorial` with the same pipeline in torchvision v2, on the same cores.

    python scripts/bench/augment.py [--batch 64] [--batches 10] [--rounds 2] [--workers 2]

Both get square records that are in memory already and give normalised batches of model input. Vitrine
augments in its TensorFlow graph; torchvision in the worker processes of a DataLoader. They take turns,
and the table has each one's best round, because anything else that runs on the machine only slows them.
The last column is what augmentation adds to a training step of ViT-S/32.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

checkout = Path(__file__).resolve().parents[2]
SIDE, RECORD = 224, 256


def torchvision_rate(batch: int, batches: int, workers: int) -> float:
    """Images per second of the tutorial's transforms, once the workers are under way."""
    import numpy as np
    import torch
    from torch.utils.data import DataLoader, Dataset
    from torchvision.transforms import v2

    transform = v2.Compose(
        [
            v2.ToImage(),
            v2.RandomResizedCrop(size=SIDE, scale=(0.75, 1.0), ratio=(0.9, 1.05)),
            v2.RandomHorizontalFlip(p=0.5),
            v2.RandomRotation(degrees=(-10, 10)),
            v2.ColorJitter(brightness=0.15, contrast=0.15, saturation=0.1, hue=0.05),
            v2.RandomAutocontrast(p=0.2),
            v2.RandomApply([v2.GaussianBlur(kernel_size=3, sigma=(0.1, 1.0))], p=0.3),
            v2.RandomAdjustSharpness(sharpness_factor=1.5, p=0.3),
            v2.RandomPerspective(distortion_scale=0.15, p=0.3),
            v2.RandomErasing(p=0.1, scale=(0.02, 0.08), ratio=(0.3, 3.3)),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
        ]
    )
    records = np.random.default_rng(1).integers(0, 256, (batch, RECORD, RECORD, 3), dtype=np.uint8)
    warmup = workers + 1

    class Records(Dataset):
        def __len__(self) -> int:
            return batch * (warmup + batches)

        def __getitem__(self, index: int) -> torch.Tensor:
            return transform(records[index % batch])

    started = 0.0
    for index, _ in enumerate(DataLoader(Records(), batch_size=batch, num_workers=workers)):
        if index + 1 == warmup:
            started = time.perf_counter()
    return batch * batches / (time.perf_counter() - started)


def vitrine_rates(batch: int, batches: int) -> dict:
    command = ["npm", "run", "--silent", "vitrine", "--", "bench", "--augment", "tutorial", "--model", "S/32"]
    command += ["--image", str(SIDE), "--batch", str(batch), "--steps", str(batches), "--json"]
    finished = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    if finished.returncode != 0:
        sys.exit(f"error: this command failed: {' '.join(command)}\n{finished.stderr[-2000:]}")
    return json.loads(finished.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--batches", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    for package in ("torch", "torchvision"):
        if importlib.util.find_spec(package) is None:
            sys.exit(f'error: {package} is missing: type {sys.executable} -m pip install "torch==2.13.*" "torchvision==0.28.*"')

    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(vitrine_rates(options.batch, options.batches))
        theirs.append(torchvision_rate(options.batch, options.batches, options.workers))
    best = max(ours, key=lambda rates: rates["imagesPerSecond"])
    shares = sorted(rates["shareOfStep"] for rates in ours)
    print(f"{os.cpu_count()} cores, batch {options.batch}, {RECORD} → {SIDE} px, best of {options.rounds} rounds\n")
    print("| preset tutorial | Vitrine images/s | torchvision images/s | ratio | drawing ms/batch | share of a step |")
    print("| --- | --: | --: | --: | --: | --: |")
    ratio = best["imagesPerSecond"] / max(theirs)
    share = " to ".join(f"{100 * share:.1f} %" for share in dict.fromkeys([shares[0], shares[-1]]))
    print(
        f"| {options.workers} loader workers | {best['imagesPerSecond']:.0f} | {max(theirs):.0f} | {ratio:.2f}"
        f" | {best['drawMs']:.1f} | {share} |"
    )


if __name__ == "__main__":
    main()
