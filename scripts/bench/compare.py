"""Compares Vitrine's training step with PyTorch's, in turns on the same machine.

    python scripts/bench/compare.py [--steps 6] [--rounds 2] [--dropouts 0.1 0] [--precisions fp32 bf16]
        [--limit 300] [--eager] [--quick] [--write]

Every case runs Vitrine, eager PyTorch and torch.compile one after the other, in fp32 and in bf16, and
so again in the next round, so that a machine that slows down slows all of them. The tables show the
median round; a ratio above 1 says that Vitrine is faster. A program that has no result after `--limit`
seconds is left out. `--write` puts the tables into docs/performance.md; `--eager` leaves out torch.compile,
and `--quick` how cost grows.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

here = Path(__file__).resolve().parent
checkout = here.parents[1]
document = checkout / "docs" / "performance.md"


@dataclass(frozen=True)
class Case:
    model: str
    image: int
    batch: int

    def arguments(self) -> list[str]:
        return ["--model", self.model, "--image", str(self.image), "--batch", str(self.batch)]

    def title(self) -> str:
        return f"{self.model}, {self.image} px, batch {self.batch}"


CASES = [Case("S/32", 224, 64), Case("S/16", 224, 16), Case("192x6x3/4", 32, 128)]

GROWTH = {
    "tokens (image side)": [Case("192x6x3/16", side, 32) for side in (64, 128, 192, 256)],
    "width": [Case(f"{width}x6x{width // 64}/16", 128, 32) for width in (64, 128, 256, 512)],
    "depth": [Case(f"192x{depth}x3/16", 128, 32) for depth in (2, 4, 8, 16)],
    "batch": [Case("192x6x3/16", 128, batch) for batch in (8, 16, 32, 64)],
}


class Bench:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.limit = options.limit

    def vitrine(self, case: Case, precision: str, dropout: float) -> dict | None:
        command = ["npm", "run", "--silent", "vitrine", "--", "bench", *self.shared(case, precision, dropout), "--json"]
        return self.run(command)

    def pytorch(self, case: Case, precision: str, dropout: float, compiled: bool) -> dict | None:
        command = [sys.executable, str(here / "torch_vit.py"), *self.shared(case, precision, dropout)]
        return self.run([*command, "--compile"] if compiled else command)

    def shared(self, case: Case, precision: str, dropout: float) -> list[str]:
        steps = ["--steps", str(self.options.steps), "--dropout", str(dropout)]
        return [*case.arguments(), *steps, "--precision", precision]

    def run(self, command: list[str]) -> dict | None:
        try:
            finished = subprocess.run(
                command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=self.limit
            )
        except subprocess.TimeoutExpired:
            return None
        if finished.returncode != 0:
            sys.exit(f"error: this command failed: {' '.join(command)}\n{finished.stderr[-2000:]}")
        return json.loads(finished.stdout)


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text().splitlines()
        fields = {line.split(":", 1)[0].strip(): line.split(":", 1)[1].strip() for line in lines if ":" in line}
        instructions = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in fields.get("flags", "")]
        return f"{fields.get('model name', 'unknown')} ({', '.join(instructions)})"
    return platform.processor() or platform.machine()


def median(results: list[dict | None], key: str) -> float | None:
    values = [result[key] for result in results if result is not None]
    return statistics.median(values) if values else None


def number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def ratio(ours: float | None, theirs: float | None) -> str:
    return "–" if ours is None or theirs is None else f"{theirs / ours:.2f}"


def table(rows: list[list[str]]) -> str:
    head, *body = rows
    ruler = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ruler, *body])


def compare(bench: Bench, dropout: float) -> str:
    rows = [
        ["step", "Vitrine ms", "PyTorch ms", "ratio", "torch.compile ms", "ratio"]
        + ["Vitrine GiB", "PyTorch GiB", "graph s", "products GFLOP/s", "share", "PyTorch’s products"]
    ]
    for case in CASES:
        for precision in bench.options.precisions:
            ours, eager, compiled = [], [], []
            for _ in range(bench.options.rounds):
                ours.append(bench.vitrine(case, precision, dropout))
                eager.append(bench.pytorch(case, precision, dropout, compiled=False))
                if not bench.options.eager:
                    compiled.append(bench.pytorch(case, precision, dropout, compiled=True))
            gemm = next((list(result["gemm"].values()) for result in eager if result is not None), None)
            step, theirs, fused = median(ours, "stepMs"), median(eager, "stepMs"), median(compiled, "stepMs")
            share = median(ours, "matmulShare")
            rows.append(
                [
                    f"{case.title()}, {precision}",
                    number(step),
                    number(theirs),
                    ratio(step, theirs),
                    number(fused),
                    ratio(step, fused),
                    number((median(ours, "peakRssBytes") or 0) / 2**30, 2),
                    number(None if theirs is None else (median(eager, "peakRssBytes") or 0) / 2**30, 2),
                    number((median(ours, "compileMs") or 0) / 1000, 1),
                    number(median(ours, "matmulGflops")),
                    "–" if share is None else f"{100 * share:.0f} %",
                    "–" if gemm is None else f"{min(gemm):.0f}–{max(gemm):.0f}",
                ]
            )
            print(" · ".join(rows[-1]), flush=True)
    return table(rows)


def growth(bench: Bench) -> str:
    parts = []
    for what, cases in GROWTH.items():
        rows = [["step in fp32", "tokens", "Vitrine ms", "PyTorch ms", "ratio", "Vitrine GiB", "PyTorch GiB"]]
        for case in cases:
            ours, theirs = bench.vitrine(case, "fp32", 0), bench.pytorch(case, "fp32", 0, compiled=False)
            step, other = median([ours], "stepMs"), median([theirs], "stepMs")
            memories = [(median([result], "peakRssBytes") or 0) / 2**30 for result in (ours, theirs)]
            tokens = (case.image // int(case.model.split("/")[1])) ** 2 + 1
            rows.append(
                [case.title(), str(tokens), number(step), number(other), ratio(step, other)]
                + [number(memory, 2) for memory in memories]
            )
            print(" · ".join(rows[-1]), flush=True)
        parts.append(f"#### By {what}\n\n{table(rows)}")
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--dropouts", type=float, nargs="+", default=[0.1, 0])
    parser.add_argument("--precisions", nargs="+", choices=["fp32", "bf16"], default=["fp32", "bf16"])
    parser.add_argument("--limit", type=int, default=300, help="seconds that one program may take")
    parser.add_argument("--eager", action="store_true", help="leave out torch.compile")
    parser.add_argument("--quick", action="store_true", help="leave out how cost grows")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        sys.exit(f'error: PyTorch is missing: type {sys.executable} -m pip install "torch==2.13.*"')

    bench = Bench(options)
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.platform()}"
    print(machine, flush=True)
    sections = [f"### With dropout {dropout:g}\n\n{compare(bench, dropout)}" for dropout in options.dropouts]
    if not options.quick:
        sections.append(f"### How cost grows\n\n{growth(bench)}")
    if options.write:
        text = document.read_text()
        begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
        before, after = text[: text.index(begin) + len(begin)], text[text.index(end) :]
        document.write_text(f"{before}\n\nMachine: {machine}.\n\n" + "\n\n".join(sections) + f"\n\n{after}")


if __name__ == "__main__":
    main()
