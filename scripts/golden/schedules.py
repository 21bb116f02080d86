"""PyTorch's learning rates for the schedules of a run's configuration.

    python -m pip install "torch==2.13.*"
    python scripts/golden/schedules.py

writes tests/golden/schedules/schedules.json: settings, and the rate of every tick, which is an epoch
or, with a `stepsPerEpoch`, a step.
"""

import json
import math
from pathlib import Path

import torch
from torch.optim.lr_scheduler import ChainedScheduler, CosineAnnealingLR, LambdaLR, LinearLR, LRScheduler, SequentialLR, StepLR


def scheduler_for(optimizer: torch.optim.Optimizer, schedule: dict, lr: float, epochs: int, per_epoch: int) -> LRScheduler:
    """`schedule` has the names of the configuration's `train.schedule`; one scheduler step is one tick."""
    name, lowest = schedule["name"], schedule["minLr"]
    total, warmup = epochs * per_epoch, schedule["warmupEpochs"] * per_epoch
    if name == "constant":
        return LambdaLR(optimizer, lambda _: 1.0)
    rise = LinearLR(optimizer, schedule["warmupStartLr"] / lr, 1.0, warmup) if warmup > 0 else None
    if name == "chained-warmup-cosine":
        fall = CosineAnnealingLR(optimizer, total, lowest)
        return fall if rise is None else ChainedScheduler([rise, fall], optimizer=optimizer)
    rest = total - warmup
    if name == "warmup-cosine":
        fall = CosineAnnealingLR(optimizer, rest, lowest)
    elif name == "linear":
        fall = LinearLR(optimizer, 1.0, lowest / lr, rest)
    else:
        fall = StepLR(optimizer, schedule["stepEpochs"] * per_epoch, schedule["gamma"])
    return fall if rise is None else SequentialLR(optimizer, [rise, fall], milestones=[warmup])


def learning_rates(schedule: dict, lr: float, epochs: int, per_epoch: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = scheduler_for(optimizer, schedule, lr, epochs, per_epoch)
    rates = []
    for _ in range(epochs * per_epoch):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert all(math.isfinite(rate) for rate in rates)
    return rates


def cases() -> list[dict]:
    """Epochs, warm-up, rate, its start and its end; the last two by steps."""
    settings = [
        (40, 4, 1e-4, 1e-6, 1e-7, 1),
        (100, 10, 3e-4, 1e-5, 0.0, 1),
        (12, 1, 1e-3, 1e-6, 1e-6, 1),
        (7, 6, 5e-4, 5e-5, 1e-5, 1),
        (30, 0, 1e-3, 1e-6, 1e-7, 1),
        (1, 0, 1e-4, 1e-6, 1e-7, 1),
        (2, 1, 1e-4, 1e-6, 1e-7, 1),
        (5, 2, 1e-3, 1e-6, 1e-7, 13),
        (9, 0, 2e-2, 1e-4, 1e-5, 4),
    ]
    result = []
    for name in ("chained-warmup-cosine", "warmup-cosine", "linear", "step", "constant"):
        for epochs, warmup, lr, start, lowest, per_epoch in settings:
            schedule = {
                "name": name,
                "interval": "epoch" if per_epoch == 1 else "step",
                "warmupEpochs": warmup,
                "warmupStartLr": start,
                "minLr": lowest,
                "stepEpochs": 3,
                "gamma": 0.3,
            }
            rates = learning_rates(schedule, lr, epochs, per_epoch)
            result.append({"epochs": epochs, "lr": lr, "stepsPerEpoch": per_epoch, "schedule": schedule, "rates": rates})
    return result


if __name__ == "__main__":
    path = Path(__file__).resolve().parents[2] / "tests" / "golden" / "schedules" / "schedules.json"
    path.write_text(json.dumps(cases()) + "\n")
