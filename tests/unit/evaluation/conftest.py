"""Small folders of predictions, true alphas, trimaps and pictures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from p3m.core.provenance import provenance
from p3m.evaluation.pairs import Pairing, pair_folders
from p3m.evaluation.protocol import PROTOCOLS
from p3m.evaluation.result import Evaluation
from p3m.evaluation.runner import Row
from support.images import portrait


@dataclass(frozen=True)
class Folders:
    """A test set of three people, each a little less well predicted than the one before."""

    root: Path
    names = ("ann", "bob", "cy")

    def path(self, kind: str, name: str) -> Path:
        return self.root / kind / f"{name}.png"

    def save(self, kind: str, name: str, pixels, suffix: str = ".png") -> Path:
        path = self.root / kind / f"{name}{suffix}"
        path.parent.mkdir(exist_ok=True)
        PilImage.fromarray(pixels).save(path)
        return path

    def pairing(self) -> Pairing:
        parts = ("alpha", "pred", "trimap", "image")
        return pair_folders(*(self.root / part for part in parts))


@pytest.fixture
def folders(tmp_path):
    made = Folders(tmp_path)
    for number, name in enumerate(made.names):
        image, alpha = portrait(40, 32, seed=number)
        steps = np.rint(alpha * 255).astype(np.uint8)
        made.save("image", name, image)
        made.save("alpha", name, steps)
        made.save("trimap", name, np.select([steps == 0, steps == 255], [0, 255], 128).astype("u1"))
        made.save("pred", name, np.where(steps == 255, 255 - 10 * number, steps).astype(np.uint8))
    return made


@pytest.fixture
def evaluation():
    """Made-up scores of four pictures."""

    def make(scores, *, protocol="p3m", names=None, **settings):
        columns = tuple(c for c in PROTOCOLS[protocol].columns if c.name in scores)
        count = len(next(iter(scores.values())))
        names = names or [f"p{number}" for number in range(count)]
        rows = tuple(
            Row(name=name, size=(4, 5), scores={key: scores[key][i] for key in scores})
            for i, name in enumerate(names)
        )
        return Evaluation(
            title="made up",
            protocol=protocol,
            columns=columns,
            rows=rows,
            settings={"seed": 0, **settings},
            provenance=provenance(),
        )

    return make
