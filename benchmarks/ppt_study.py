"""The PPT study: p3mnet-lite trained shortly on blurred and on normal faces, each tested on both.

    python benchmarks/ppt_study.py --root ../shared/data --out runs/ppt --cache runs/cache

Both trainings are short: they show what the protocol tells, not how good the network can be. The
embedded p3mnet-lite@v0, which was trained on blurred faces alone, stands beside them with its two
columns. A study that was killed goes on with the same command.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from result_file import Case, case, write_result
from rich.progress import Progress

from p3m.config.load import load_settings, preset
from p3m.evaluation.result import Evaluation
from p3m.pipelines.benchmark_ppt import PptSettings, benchmark_ppt
from p3m.pipelines.ppt_columns import Contender
from p3m.pipelines.ppt_report import write_study
from p3m.pipelines.ppt_study import SHOWN, Study
from p3m.pipelines.train_settings import TrainRun

PRESET = "p3mnet-lite"
SHORT = (
    "training.warmup_steps=80",
    "training.ema_decay=0.99",
    "training.checkpoint_every_s=60",
    "training.validate_every=400",
    "validation.count=12",
    "composites.side_px=320",
    "composites.kept_mb=800",
    "scales.base_sides_px=[160,192]",
    "scales.window_px=128",
)
"""What makes a step cheap: small samples."""

EMBEDDED = "p3mnet-lite@v0"


def main() -> None:
    """Runs the study and writes its report and its result file."""
    options = parse()
    overrides = [f"training.steps={options.steps}", *SHORT]
    settings = PptSettings(
        root=options.root,
        out=options.out,
        contenders=(Contender(name=EMBEDDED, weights={"B": EMBEDDED}),),
        train=load_settings(TrainRun, preset(PRESET), overrides),
        train_name=f"{PRESET}-{options.steps}-steps",
        count=options.count,
        threads=options.threads,
        cache=options.cache,
    )
    with Progress() as progress:
        tasks = {}

        def tell(what: str, done: int, total: int, loss: float) -> None:  # noqa: ARG001
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done)

        study = benchmark_ppt(settings, tell=tell)
    for path in write_study(options.out, study):
        print(path)
    chosen = {
        "preset": PRESET,
        "overrides": overrides,
        "manifest": study.settings["manifest"],
        "pictures": study.pictures,
        "strategy": settings.strategy,
        "seed": settings.seed,
    }
    print(write_result("ppt", list(cases(study)), settings=chosen, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True, help="the open portrait pack")
    parser.add_argument("--out", type=Path, required=True, help="takes trainings and report")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--steps", type=int, default=800, help="steps of each training")
    parser.add_argument("--count", type=int, help="people; all that have face masks by default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    return parser.parse_args()


def cases(study: Study) -> Iterator[Case]:
    """A case a column with the SAD of each picture, and one a gap with the paired differences."""
    for table, entrants in study.tables.items():
        for one in entrants:
            for column, evaluation in one.columns.items():
                summary = evaluation.summary()
                facts = {name: round(summary[name].mean, 6) for name in SHOWN if name in summary}
                facts |= {
                    "low": round(summary["sad"].low, 5),
                    "high": round(summary["sad"].high, 5),
                }
                facts |= {"weights": evaluation.settings["weights_sha256"][:16]}
                yield case(f"{table} {one.name} {column}", "SAD", rounded(evaluation), **facts)
            for gap, differences in one.gaps(study.seed).items():
                first, _, second = gap.partition(" - ")
                pairs = zip(one.columns[first].rows, one.columns[second].rows, strict=True)
                yield case(
                    f"{table} {one.name} {gap}",
                    "SAD",
                    [round(a.scores["sad"] - b.scores["sad"], 5) for a, b in pairs],
                    low=round(differences["sad"].low, 5),
                    high=round(differences["sad"].high, 5),
                    verdict=differences["sad"].verdict,
                )


def rounded(evaluation: Evaluation) -> list[float]:
    """The SAD of each picture, in the order of names, to five digits."""
    return [round(value, 5) for value in evaluation.scores("sad")]


if __name__ == "__main__":
    main()
