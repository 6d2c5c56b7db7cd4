"""What the catalogue of data sets says of each: layout, sizes, licence, terms, caveats."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from p3m.core.catalog import Catalog

Kind = Literal["image", "alpha", "trimap", "face_mask", "foreground", "background", "scene"]
"""What a file of a data set is: a picture of somebody, what belongs to it by name, or a ``scene``,
a picture without people that stands for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where files of one kind lie.

    Attributes:
        folders: Below the root; the first that is there counts, and the first of all is what the
            published set has.
        suffix: How the published files end. Files of other picture formats are taken, too.
        optional: Whether the set is whole without it.
        sparse: Whether single pictures may lack it.
        transparency: Whether the alpha is a picture's transparency: an RGBA file.
        subfolders: What the names of folders within the folder begin with, where files lie deeper:
            they belong together by the rest of their paths. None: files lie in the folder itself.
    """

    folders: tuple[str, ...]
    suffix: str = ".png"
    optional: bool = False
    sparse: bool = False
    transparency: bool = False
    subfolders: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitEntry:
    """A part of a data set.

    Attributes:
        name: Its permanent name.
        places: Where the files of each kind lie.
        size: How many pictures were published; None where nobody says.
        faces: What was done to faces: ``hidden`` before publication, ``visible``, or ``none`` where
            nobody is in the pictures.
    """

    name: str
    places: Mapping[Kind, Place]
    size: int | None = None
    faces: Literal["hidden", "visible", "none"] = "visible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Terms that whoever uses a data set has to agree to.

    Attributes:
        title: What the document is called.
        url: Where it is.
        terms: A summary in our own words; the document alone counts.
    """

    title: str
    url: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEntry:
    """A data set of the field.

    Attributes:
        name: Its permanent name.
        title: What its authors call it.
        summary: What is in it, in a sentence.
        splits: Its parts.
        size: How many pictures all parts have together, where nobody says more; else None.
        licence: Of the data, as published.
        paper: Where it was presented; empty where nowhere.
        obtain: How to get it. Nothing is ever downloaded by p3m.
        url: Its home page; empty for one's own.
        caveats: What is known to be wrong with it or doubtful.
        agreement: What has to be agreed to first; None where nothing has.
    """

    name: str
    title: str
    summary: str
    splits: tuple[SplitEntry, ...]
    licence: str
    paper: str
    obtain: str
    url: str = ""
    size: int | None = None
    caveats: tuple[str, ...] = ()
    agreement: Agreement | None = None

    def split(self, name: str) -> SplitEntry:
        """The part of that name.

        Raises:
            UnknownNameError: If there is none; it lists those that there are.
        """
        return Catalog(f"split of {self.name}", self.splits)[name]
