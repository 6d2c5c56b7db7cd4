"""WEIGHTS: every set of trained weights that p3m knows, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from p3m.core.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Trained weights as the catalogue knows them.

    Attributes:
        model: The network that they belong to.
        tag: Tells the network's trainings apart, such as ``"v0"``.
        file: The ONNX file's name, in ``files/`` beside this module or in ``P3M_HOME/weights``.
        sha256: The file's hash, 64 hexadecimal digits.
        size_bytes: The file's size.
        licence: SPDX identifier of the weights' licence.
        trained_on: The data, and how faces were treated.
        recipe: What makes them again: command, preset, hardware and duration.
        preprocessing: What the network wants of its input, in words; the file's metadata say it in
            numbers.
        scores: Measured values by ``set/variant/metric``, such as
            ``"pack-val/composite-normal/mad"``, each backed by a result file.
    """

    model: str
    tag: str
    file: str
    sha256: str
    size_bytes: int
    licence: str
    trained_on: str
    recipe: str
    preprocessing: str
    scores: Mapping[str, float]

    @property
    def name(self) -> str:
        """The permanent name, ``model@tag``."""
        return f"{self.model}@{self.tag}"


_PACK = (
    "718 portraits and 254 backgrounds of the open portrait pack, every masked face hidden (PPT), "
    "mattes by MODNet; attributions in docs/models/p3mnet-lite.md"
)

# To add weights: put the exported file into files/ under its own name (p3mnet-lite-v0.onnx) and
# append its record, newest last within its model; the export's report gives hash and size.
# tests/contracts/test_weights.py then holds the record to the file.
WEIGHTS: Catalog[Weights] = Catalog(
    "weights",
    [
        Weights(
            model="p3mnet-lite",
            tag="v0",
            file="p3mnet-lite-v0.onnx",
            sha256="0ee58246dfcb5e581ceaccb31276dd1232cda58d677bc5401b6ce99be1577906",
            size_bytes=6_439_530,
            licence="MIT",
            trained_on=_PACK,
            recipe=(
                "p3m train p3mnet-lite: 4400 steps of 8 samples, 1.5 hours on 2 CPU cores; encoder "
                "from ImageNet"
            ),
            preprocessing="RGB, ImageNet mean and deviation, about 0.1 megapixels, stride 32",
            scores={
                "pack-val/composite-obfuscated-colour/mad": 0.0085,
                "pack-val/composite-obfuscated-grey/mad": 0.0103,
                "pack-val/composite-normal-colour/mad": 0.0081,
                "pack-val/composite-normal-grey/mad": 0.0114,
            },
        ),
        Weights(
            model="p3mnet-lite",
            tag="v9",
            file="p3mnet-lite-v9.onnx",
            sha256="39f0b4c14c0e3d30055c6bcddae4da6fc29783b7cc242cc058bd63f5d5244edf",
            size_bytes=7_054_806,
            licence="MIT",
            trained_on=_PACK,
            recipe=(
                "p3m train p3mnet-lite from v0, seventeen times: 34903 steps of 8 samples, 19.2 "
                "hours on 2 CPU cores; means of weights on the way and at the end"
            ),
            preprocessing="RGB, ImageNet mean and deviation, about 0.26 megapixels, stride 32",
            scores={
                "pack-val/composite-obfuscated-colour/mad": 0.0048,
                "pack-val/composite-obfuscated-grey/mad": 0.0072,
                "pack-val/composite-normal-colour/mad": 0.0047,
                "pack-val/composite-normal-grey/mad": 0.0078,
                "pack-val/photo-obfuscated-colour/mad": 0.0073,
                "pack-val/photo-normal-colour/mad": 0.0075,
            },
        ),
    ],
)


def weights_record(name: str, catalog: Catalog[Weights] = WEIGHTS) -> Weights:
    """The record of that name; for a model's bare name its newest, which is listed last.

    Args:
        name: ``model@tag`` or ``model``.
        catalog: Where to look.

    Raises:
        UnknownNameError: If there is none; it lists those that there are.
    """
    newest = [record for record in catalog.values() if record.model == name]
    return newest[-1] if newest else catalog[name]
