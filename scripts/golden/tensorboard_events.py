"""TensorBoard's own bytes of a small event file, and a check of event files with its own reader.

    python -m pip install "tensorboard==2.21.*"
    python scripts/golden/tensorboard_events.py
    python scripts/golden/tensorboard_events.py --check FOLDER

The first writes tests/golden/tensorboard: scalars as JSON, and the event file that TensorBoard's writer
makes of them. The second reads what `vitrine tensorboard RUN --out FOLDER` wrote the way TensorBoard
does, and prints each run's tags with their number of points, first and last values and times.
"""

import argparse
import io
import json
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FOLDER = Path(__file__).parents[2] / "tests" / "golden" / "tensorboard"

EVENTS = [
    {"wallTime": 1700000000.25, "step": 1, "values": [["loss/step", 2.302585], ["optimizer/learning_rate", 1e-6]]},
    {"wallTime": 1700000001.5, "step": 300, "values": [["loss/step", 0.5], ["optimizer/gradient_norm", 123456.789]]},
    {"wallTime": 1700000062.0, "step": 70000, "values": [["accuracy/validation", 0.875], ["memory/bytes", 2147483648]]},
]


def make() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    memory = io.BytesIO()
    writer = RecordWriter(memory)
    version = Event(wall_time=EVENTS[0]["wallTime"], file_version="brain.Event:2")
    writer.write(version.SerializeToString())
    for given in EVENTS:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in given["values"]]
        event = Event(wall_time=given["wallTime"], step=given["step"], summary=Summary(value=values))
        writer.write(event.SerializeToString())
    (FOLDER / "events.bin").write_bytes(memory.getvalue())
    (FOLDER / "events.json").write_text(json.dumps(EVENTS, indent=1) + "\n")


def check(folder: Path) -> None:
    for file in sorted(folder.rglob("*tfevents*")):
        reader = EventAccumulator(str(file.parent), size_guidance={"scalars": 0})
        reader.Reload()
        print(file.parent.name)
        for tag in reader.Tags()["scalars"]:
            points = reader.Scalars(tag)
            first, last = points[0], points[-1]
            print(
                f"  {tag}: {len(points)} points, step {first.step} to {last.step}, "
                f"{first.value:.6g} to {last.value:.6g}, time {first.wall_time:.3f} to {last.wall_time:.3f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", type=Path)
    given = parser.parse_args()
    if given.check is None:
        make()
    else:
        check(given.check)
