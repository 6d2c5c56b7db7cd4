"""DATASETS: every data set whose layout p3m knows, by name."""

from p3m.core.catalog import Catalog
from p3m.core.errors import ConfigError
from p3m.data.entry import Agreement, DatasetEntry, Place, SplitEntry
from p3m.data.ppt_open import PPT_OPEN

_P3M_PAPER = 'Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021'
_GFM_PAPER = (
    'Li et al., "Bridging Composite and Real: Towards End-to-End Deep Image Matting", IJCV 2022'
)
_AIM_PAPER = 'Li et al., "Deep Automatic Natural Image Matting", IJCAI 2021'

# Both release agreements say the same of everything but the set and the papers.
_SYDNEY_TERMS = (
    "The data are under the MIT licence and meant to help research on matting.",
    "Publications that use them cite their paper; comparison with related works is asked for.",
    "Whoever has access indemnifies the University of Sydney, its employees and its agents.",
    "Whoever violates the terms pays all damages, claims and expenses that misuse causes.",
    "The pictures come from sites with free-use licences; copyright stays with the first owners.",
    "The university answers neither for what the pictures show nor for what they mean.",
    "Those who administer the data can end anybody's access at any time.",
)

DATASETS: Catalog[DatasetEntry] = Catalog(
    "data set",
    [
        DatasetEntry(
            name="p3m-10k",
            title="P3M-10k",
            summary=(
                "10,421 portraits with manual alphas; faces hidden but for the 500 of P3M-500-NP."
            ),
            splits=(
                SplitEntry(
                    name="train",
                    size=9421,
                    faces="hidden",
                    places={
                        "image": Place(folders=("train/blurred_image",), suffix=".jpg"),
                        "alpha": Place(folders=("train/mask",)),
                        "face_mask": Place(folders=("train/facemask",), optional=True),
                        "foreground": Place(
                            folders=("train/fg_blurred", "train/fg"), optional=True
                        ),
                        "background": Place(folders=("train/bg",), suffix=".jpg", optional=True),
                    },
                ),
                SplitEntry(
                    name="p3m-500-p",
                    size=500,
                    faces="hidden",
                    places={
                        "image": Place(
                            folders=(
                                "validation/P3M-500-P/blurred_image",
                                "P3M-500-P/blurred_image",
                            ),
                            suffix=".jpg",
                        ),
                        "alpha": Place(folders=("validation/P3M-500-P/mask", "P3M-500-P/mask")),
                        "trimap": Place(
                            folders=("validation/P3M-500-P/trimap", "P3M-500-P/trimap")
                        ),
                        "face_mask": Place(
                            folders=("validation/P3M-500-P/facemask", "P3M-500-P/facemask"),
                            optional=True,
                        ),
                    },
                ),
                SplitEntry(
                    name="p3m-500-np",
                    size=500,
                    places={
                        "image": Place(
                            folders=(
                                "validation/P3M-500-NP/original_image",
                                "P3M-500-NP/original_image",
                            ),
                            suffix=".jpg",
                        ),
                        "alpha": Place(folders=("validation/P3M-500-NP/mask", "P3M-500-NP/mask")),
                        "trimap": Place(
                            folders=("validation/P3M-500-NP/trimap", "P3M-500-NP/trimap")
                        ),
                    },
                ),
            ),
            licence="MIT",
            paper=_P3M_PAPER,
            obtain=(
                "Read the agreement, then follow the links of https://github.com/JizhiziLi/P3M or "
                "https://github.com/ViTAE-Transformer/P3M-Net; face masks are a second archive."
            ),
            url="https://github.com/JizhiziLi/P3M",
            caveats=(
                "There are two layouts: fg_blurred and bg come with the later archive only.",
                "For the earlier one make them with `p3m data prepare`.",
                "Some masks have three equal channels.",
                "Unblurred pictures of P3M-500-P and of the training set were not released.",
            ),
            agreement=Agreement(
                title="P3M-10k Dataset Release Agreement",
                url=(
                    "https://jizhizili.github.io/files/p3m_dataset_agreement/"
                    "P3M-10k_Dataset_Release_Agreement.pdf"
                ),
                terms=_SYDNEY_TERMS,
            ),
        ),
        DatasetEntry(
            name="bg-20k",
            title="BG-20k",
            summary="20,000 backgrounds without salient objects.",
            splits=(
                SplitEntry(
                    name="train",
                    faces="none",
                    places={"scene": Place(folders=("train",), suffix=".jpg")},
                ),
                SplitEntry(
                    name="testval",
                    faces="none",
                    places={"scene": Place(folders=("testval",), suffix=".jpg")},
                ),
            ),
            size=20_000,
            licence="MIT",
            paper=_GFM_PAPER,
            obtain="Read the agreement, then follow the links of https://github.com/JizhiziLi/GFM.",
            url="https://github.com/JizhiziLi/GFM",
            agreement=Agreement(
                title="BG-20k Dataset v1.0 Release Agreement",
                url=(
                    "https://jizhizili.github.io/files/gfm_datasets_agreements/"
                    "BG-20k_Dataset_Release_Agreement.pdf"
                ),
                terms=_SYDNEY_TERMS,
            ),
        ),
        DatasetEntry(
            name="aisegment",
            title="AISegment.cn matting human",
            summary="34,427 half-body portraits of 600x800 with alphas.",
            splits=(
                SplitEntry(
                    name="train",
                    size=34_427,
                    places={
                        "image": Place(
                            folders=("clip_img", "data/clip_img"), suffix=".jpg", subfolders="clip_"
                        ),
                        "alpha": Place(
                            folders=("matting", "data/matting"),
                            transparency=True,
                            subfolders="matting_",
                        ),
                    },
                ),
            ),
            licence="MIT, in doubt",
            paper="",
            obtain=(
                "Follow the links of https://github.com/aisegmentcn/matting_human_datasets; "
                "folders of groups and subgroups stay as they are."
            ),
            url="https://github.com/aisegmentcn/matting_human_datasets",
            caveats=(
                "LICENSE is MIT's, but its copyright line names the British Ministry of Justice.",
                "The pictures were collected from Flickr, Baidu and Taobao.",
                "The alpha is the transparency of an RGBA file.",
                "Alphas are not clean away from the edge: trimaps made of them spread.",
                "Users found the edges inaccurate.",
            ),
        ),
        DatasetEntry(
            name="aim-500",
            title="AIM-500",
            summary="500 natural pictures with alphas for testing, 100 of them portraits.",
            splits=(
                SplitEntry(
                    name="test",
                    size=500,
                    places={
                        "image": Place(folders=("original", "validation/original"), suffix=".jpg"),
                        "alpha": Place(folders=("mask", "validation/mask")),
                        "trimap": Place(folders=("trimap", "validation/trimap"), optional=True),
                    },
                ),
            ),
            licence="MIT for the project; nothing of its own for the pictures",
            paper=_AIM_PAPER,
            obtain="Follow the links of https://github.com/JizhiziLi/AIM.",
            url="https://github.com/JizhiziLi/AIM",
            caveats=(
                "Of 500, 100 are portraits and 200 animals; the others are things and plants.",
                "A mean over all says little about portraits.",
            ),
        ),
        DatasetEntry(
            name="am-2k",
            title="AM-2k",
            summary="2,000 animals of 20 kinds with alphas.",
            splits=(
                SplitEntry(
                    name="train",
                    size=1800,
                    faces="none",
                    places={
                        "image": Place(folders=("train/original",), suffix=".jpg"),
                        "alpha": Place(folders=("train/mask",)),
                        "foreground": Place(folders=("train/fg",), optional=True),
                        "background": Place(folders=("train/bg",), optional=True),
                    },
                ),
                SplitEntry(
                    name="validation",
                    size=200,
                    faces="none",
                    places={
                        "image": Place(folders=("validation/original",), suffix=".jpg"),
                        "alpha": Place(folders=("validation/mask",)),
                        "trimap": Place(folders=("validation/trimap",)),
                    },
                ),
            ),
            licence="MIT",
            paper=_GFM_PAPER,
            obtain="Read the agreement, then follow the links of https://github.com/JizhiziLi/GFM.",
            url="https://github.com/JizhiziLi/GFM",
            caveats=("It has no people; it serves as a test of fur.",),
            agreement=Agreement(
                title="AM-2k Dataset Release Agreement",
                url=(
                    "https://jizhizili.github.io/files/gfm_datasets_agreements/"
                    "AM-2k_Dataset_Release_Agreement.pdf"
                ),
                terms=(
                    "The data are under the MIT licence.",
                    "The agreement has to be read before the data are accessed.",
                ),
            ),
        ),
        DatasetEntry(
            name="ppm-100",
            title="PPM-100",
            summary="100 finely annotated portraits, 1080p to 4k, for testing.",
            splits=(
                SplitEntry(
                    name="test",
                    size=100,
                    places={
                        "image": Place(folders=("image",), suffix=".jpg"),
                        "alpha": Place(folders=("matte",)),
                    },
                ),
            ),
            licence="pictures: Creative Commons with commercial use; alphas: CC BY-NC-SA 4.0",
            paper=(
                'Ke et al., "MODNet: Real-Time Trimap-Free Portrait Matting via Objective '
                'Decomposition", AAAI 2022'
            ),
            obtain="Follow the links of https://github.com/ZHKKKe/PPM.",
            url="https://github.com/ZHKKKe/PPM",
            caveats=(
                "The alphas may not be used commercially.",
                "A few pictures of the paper were replaced by similar ones before the release.",
            ),
        ),
        DatasetEntry(
            name="rwp-636",
            title="RealWorldPortrait-636",
            summary="636 portraits with alphas for testing; no trimaps.",
            splits=(
                SplitEntry(
                    name="test",
                    size=636,
                    places={
                        "image": Place(folders=("image", "images"), suffix=".jpg"),
                        "alpha": Place(folders=("alpha",)),
                    },
                ),
            ),
            licence="CC BY-NC 2.0, research only (its repository)",
            paper=(
                'Yu et al., "Mask Guided Matting via Progressive Refinement Network", CVPR 2021'
            ),
            obtain="Follow the links of https://github.com/yucornetto/MGMatting.",
            url="https://github.com/yucornetto/MGMatting",
            caveats=("It may not be used commercially.",),
        ),
        DatasetEntry(
            name="photomatte85",
            title="PhotoMatte85",
            summary="85 people of 2304x3456, cut out of green-screen photos: RGBA files.",
            splits=(
                SplitEntry(
                    name="test",
                    size=85,
                    places={
                        "image": Place(folders=(".", "PhotoMatte85"), transparency=True),
                        "alpha": Place(folders=(".", "PhotoMatte85"), transparency=True),
                    },
                ),
            ),
            licence="MIT (its repository; the data are not named)",
            paper=('Lin et al., "Real-Time High-Resolution Background Matting", CVPR 2021'),
            obtain="https://grail.cs.washington.edu/projects/background-matting-v2/#/datasets",
            url="https://github.com/PeterL1n/BackgroundMattingV2",
            caveats=(
                "Two pictures have some wrong pixels at their upper left.",
                "Colour and alpha come in one file: as a picture it is shown over white.",
                "It is its own foreground.",
                "Nobody has a background of their own: every score depends on the one chosen.",
            ),
        ),
        PPT_OPEN,
        DatasetEntry(
            name="folder",
            title="A folder of your own",
            summary="Pictures and their alphas, which belong together by their names.",
            splits=(
                SplitEntry(
                    name="all",
                    places={
                        "image": Place(
                            folders=(
                                "images",
                                "image",
                                "portraits",
                                "original",
                                "blurred_image",
                                "original_image",
                            ),
                            suffix=".jpg",
                        ),
                        "alpha": Place(
                            folders=("alpha", "alphas", "mask", "masks", "matte", "mattes")
                        ),
                        "trimap": Place(folders=("trimap", "trimaps"), optional=True),
                        "face_mask": Place(
                            folders=("facemask", "facemasks"), optional=True, sparse=True
                        ),
                        "foreground": Place(
                            folders=("fg", "foreground", "fg_blurred"), optional=True
                        ),
                        "background": Place(
                            folders=("bg", "background"), suffix=".jpg", optional=True
                        ),
                        "scene": Place(folders=("backgrounds",), suffix=".jpg", optional=True),
                    },
                ),
            ),
            licence="yours",
            paper="",
            obtain="Put pictures into images/ and an alpha of the same name for each into alpha/.",
        ),
    ],
)
"""Every data set by its name."""


def dataset_split(name: str) -> tuple[DatasetEntry, SplitEntry]:
    """The data set and the part of it that a name stands for.

    Args:
        name: A set of one part (``ppm-100``), a part whose name is its own (``p3m-500-np``), or
            both (``am-2k/validation``).

    Raises:
        UnknownNameError: If no set or no part has that name.
        ConfigError: If the set has several parts.

    Example:
        >>> entry, split = dataset_split("p3m-500-np")
        >>> entry.name, split.size
        ('p3m-10k', 500)
    """
    set_name, _, split_name = name.partition("/")
    if split_name:
        entry = DATASETS[set_name]
        return entry, entry.split(split_name)
    if name not in DATASETS:
        owners = [(e, s) for e in DATASETS.values() for s in e.splits if s.name == name]
        if len(owners) == 1:
            return owners[0]
    entry = DATASETS[name]
    if len(entry.splits) > 1:
        names = ", ".join(f"{entry.name}/{split.name}" for split in entry.splits)
        raise ConfigError(f"{name} has several parts; name one of them: {names}.")
    return entry, entry.splits[0]
