"""Compares Vitrine's training step with eager PyTorch's, in turns on the same machine.

    python scripts/bench/compare.py [--model S/32] [--image 224] [--batch 64] [--steps 10] [--rounds 3]

Each round runs both programs once per precision, so that a machine that slows down slows both. The
table shows the median round of each and their ratio (above 1, Vitrine is faster).
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
checkout = here.parents[1]


def run(command: list[str]) -> dict:
    finished = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        sys.exit(f"error: this command failed: {' '.join(command)}")
    return json.loads(finished.stdout)


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def median(results: list[dict], key: str) -> float:
    return statistics.median(result[key] for result in results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="S/32")
    parser.add_argument("--image", type=int, default=224)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--attention", choices=["module", "sdpa"], default="module", help="PyTorch's attention")
    options = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        sys.exit(f'error: PyTorch is missing: type {sys.executable} -m pip install "torch==2.13.*"')

    shared = [
        *("--model", options.model, "--image", str(options.image), "--batch", str(options.batch)),
        *("--steps", str(options.steps), "--dropout", str(options.dropout)),
    ]
    vitrine = ["npm", "run", "--silent", "vitrine", "--", "bench", *shared, "--json"]
    pytorch = [sys.executable, str(here / "torch_vit.py"), *shared, "--attention", options.attention]

    print(f"{processor()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"{options.model}, {options.image} px, batch {options.batch}, {options.rounds} rounds of {options.steps} steps")
    print()
    columns = "{:<10}{:>14}{:>14}{:>8}{:>16}{:>16}{:>12}"
    print(columns.format("precision", "Vitrine ms", "PyTorch ms", "ratio", "Vitrine GiB", "PyTorch GiB", "graph s"))
    notes = []
    for precision in ("fp32", "bf16"):
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(run([*vitrine, "--precision", precision]))
            theirs.append(run([*pytorch, "--precision", precision]))
        print(
            columns.format(
                precision,
                f"{median(ours, 'stepMs'):.0f}",
                f"{median(theirs, 'stepMs'):.0f}",
                f"{median(theirs, 'stepMs') / median(ours, 'stepMs'):.2f}",
                f"{median(ours, 'peakRssBytes') / 2**30:.2f}",
                f"{median(theirs, 'peakRssBytes') / 2**30:.2f}",
                f"{median(ours, 'compileMs') / 1000:.1f}",
            ),
            flush=True,
        )
        last = theirs[-1]
        products = ", ".join(f"{shape} {rate:.0f}" for shape, rate in last["gemm"].items())
        notes.append(f"PyTorch {last['torch']}, {last['threads']} threads, {precision} products in GFLOP/s: {products}")
    print()
    print("\n".join(notes))


if __name__ == "__main__":
    main()
