"""All settings of a training run, as a preset holds them."""

from dataclasses import dataclass, field
from typing import Literal

from p3m.core.checks import check_setting
from p3m.core.errors import ConfigError
from p3m.data.composite_settings import CompositeSettings
from p3m.data.crops import CropSettings
from p3m.losses.objective import P3MObjective
from p3m.training.borrowed_faces import CopyPasteSettings
from p3m.training.settings import TrainSettings
from p3m.training.two_scale import TwoScaleSettings

Faces = Literal["obfuscated", "normal"]
"""What faces are: hidden, as in privacy-preserving training (PPT), or visible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Which portraits are trained on, how often each, and which are validated with.

    Attributes:
        dataset: A data set of the catalogue, or ``folder``: a folder of one's own, as
            `p3m.data.portraits.read_portrait_folder` takes it.
        train_split: The data set's part that is trained on.
        validation_splits: The data set's part that is validated with, by what its faces are;
            parts that are not there are passed over.
        validation_fraction: The share of each family's portraits, and of the backgrounds, that is
            kept for validation, by whole persons and scenes. Of a folder only.
        split_seed: Decides who is kept.
        exclude: Names that are not trained on, wherever the split puts them.
        qualities: Those of the manifest that are trained on.
        family_weights: How often a family is drawn, as a share of all; families that are not named
            share what is left by their sizes.
        harder: The ``scores.csv`` of an evaluation; within a family portraits are drawn in
            proportion to the root of their MAD there, the hardest four times as often as the
            median at most, the easiest a quarter as often at least. Empty: all alike.
        alphas: A folder of alphas to train on in place of the data's own, such as `p3m data refine`
            writes; whoever has none there is not trained on. Validation keeps the data's own.
        things: A folder of cut-out things, pictures with transparency; recipe ``composites`` only.
            Half of the things beside people, in their hands and before them are of it, the others
            are drawn. Empty: all are drawn.
    """

    dataset: str = "folder"
    train_split: str = "train"
    validation_splits: dict[Faces, str] = field(default_factory=dict)
    validation_fraction: float = 0.12
    split_seed: int = 1
    exclude: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ("A", "B")
    family_weights: dict[str, float] = field(default_factory=dict)
    harder: str = ""
    alphas: str = ""
    things: str = ""

    def __post_init__(self) -> None:
        check_setting("data.validation_fraction", self.validation_fraction, 0.0, 1.0)
        check_setting("data.split_seed", self.split_seed, 0)
        for family, share in self.family_weights.items():
            check_setting(f"data.family_weights.{family}", share, 0.0, 1.0)
        if self.family_weights and not any(self.family_weights.values()):
            raise ConfigError("data.family_weights are all 0; somebody must be drawn.")

    @property
    def weighted(self) -> bool:
        """Whether some portraits are drawn more often than others."""
        return bool(self.family_weights or self.harder)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationSettings:
    """How networks are validated: of two scales on samples, of one scale on whole portraits.

    Attributes:
        faces: What faces are; each as far as there are pictures for it.
        deciding: The score that decides what is best, such as ``normal/mad``; empty for the SAD
            under the same faces as in training.
        count: How many pictures at most for each, taken evenly from all portraits.
        photos: Whether networks of two scales are validated on people before their own backgrounds
            too: what gains on composites may lose there.
        area_px: Pixels that a whole portrait is made to have before the network sees it; 0 takes as
            many as the network is meant to work at.
    """

    faces: tuple[Faces, ...] = ("obfuscated", "normal")
    deciding: str = ""
    count: int = 40
    photos: bool = True
    area_px: int = 0

    def __post_init__(self) -> None:
        if self.count < 1 or self.area_px < 0:
            raise ConfigError("validation.count must be at least 1, validation.area_px at least 0.")
        if not self.faces:
            raise ConfigError("validation.faces is empty; name obfuscated, normal or both.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRun:
    """All settings of a run; a preset is a TOML file of them.

    Attributes:
        model: A name in the catalogue of models.
        recipe: ``composites`` shows people before other backgrounds, small and in windows of full
            size, as networks of two scales need it; ``crops`` shows crops of the pictures as they
            are, as the P3M-Net family is trained.
        initial: What training starts from: ``imagenet`` (weights that a package of p3m's carries),
            ``scratch``; a file: of the whole network, or of its encoder; or, for p3mnet-lite, an
            ONNX file of today's widths, by its path or as the catalogue's ``p3mnet-lite``.
        faces: ``obfuscated`` hides every face before training (PPT); ``normal`` does not.
        obfuscation: How faces are hidden that are visible in the files: by effects drawn at
            ``random``, or always as in ``p3m``-10k.
        data: What is trained on.
        composites: How samples of ``composites`` are made.
        scales: The sizes at which the network sees those.
        crops: How samples of ``crops`` are made.
        copy_paste: Faces of others in the place of hidden ones; with ``crops``.
        objective: The weights of the loss's terms.
        training: How long and how fast.
        validation: How it is validated.
    """

    model: str
    recipe: Literal["composites", "crops"] = "composites"
    initial: str = "imagenet"
    faces: Faces = "obfuscated"
    obfuscation: Literal["random", "p3m"] = "random"
    data: DataSettings = field(default_factory=DataSettings)
    composites: CompositeSettings = field(default_factory=CompositeSettings)
    scales: TwoScaleSettings = field(default_factory=TwoScaleSettings)
    crops: CropSettings = field(default_factory=CropSettings)
    copy_paste: CopyPasteSettings = field(default_factory=CopyPasteSettings)
    objective: P3MObjective = field(default_factory=P3MObjective)
    training: TrainSettings
    validation: ValidationSettings = field(default_factory=ValidationSettings)
