from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as PilImage

from p3m.core.errors import AgreementError, ConfigError, InputError, TrainingError
from p3m.data.agreements import require_agreement
from p3m.data.catalog import DATASETS
from p3m.pipelines.train_data import check_faces, find_portraits
from p3m.pipelines.train_settings import DataSettings
from support.pack import write_pack

P3M = DataSettings(
    dataset="p3m-10k", validation_splits={"obfuscated": "p3m-500-p", "normal": "p3m-500-np"}
)


def _pictures(folder: Path, names: str, mode: str = "L") -> None:
    folder.mkdir(parents=True)
    for name in names:
        PilImage.new(mode, (8, 6)).save(folder / f"{name}.png")


def _p3m(root: Path, *, validation: bool = True) -> Path:
    """A set as small as can be, in the folders of P3M-10k."""
    for name in ("blurred_image", "mask"):
        _pictures(root / "train" / name, "abc")
    if validation:
        for name in ("original_image", "mask", "trimap"):
            _pictures(root / "validation" / "P3M-500-NP" / name, "xy")
    require_agreement(DATASETS["p3m-10k"], root, accept=True)
    return root


def test_a_data_set_is_divided_as_it_was_published(tmp_path) -> None:
    split = find_portraits(_p3m(tmp_path), P3M, scenes=False)
    assert [portrait.name for portrait in split.train] == ["a", "b", "c"]
    assert {faces: len(people) for faces, people in split.columns.items()} == {"normal": 2}
    assert split.hidden
    assert len(split.everyone) == 5


def test_without_validation_there_is_only_training(tmp_path) -> None:
    split = find_portraits(_p3m(tmp_path, validation=False), P3M, scenes=False)
    assert not split.columns
    assert not split.validation


def test_a_part_that_is_not_whole_is_an_error(tmp_path) -> None:
    root = _p3m(tmp_path)
    (root / "validation" / "P3M-500-NP" / "mask" / "x.png").unlink()
    with pytest.raises(InputError, match=r"x\.png"):
        find_portraits(root, P3M, scenes=False)


def test_other_alphas_stand_in_for_those_of_the_training_alone(tmp_path, caplog) -> None:
    root = write_pack(tmp_path / "pack", people=8)
    own = find_portraits(root, DataSettings(validation_fraction=0.25), scenes=True)
    left_out, *kept = own.train
    others = tmp_path / "others"
    others.mkdir()
    for portrait in [*kept, *own.validation]:
        (others / f"{portrait.name}.png").write_bytes(portrait.alpha.read_bytes())
    settings = DataSettings(validation_fraction=0.25, alphas=str(others))
    split = find_portraits(root, settings, scenes=True)
    assert [portrait.name for portrait in split.train] == [portrait.name for portrait in kept]
    assert all(portrait.alpha.parent == others for portrait in split.train)
    assert split.validation == own.validation
    assert left_out.name not in {portrait.name for portrait in split.everyone}
    assert f"1 of {len(own.train)} portraits have no alpha in {others}" in caplog.text


def test_what_was_made_from_the_data_s_own_alphas_goes_with_them(tmp_path) -> None:
    root = _p3m(tmp_path)
    _pictures(root / "prepared" / "train" / "trimap", "abc")
    _pictures(tmp_path / "others", "ab")
    own = find_portraits(root, P3M, scenes=False)
    split = find_portraits(root, replace(P3M, alphas=str(tmp_path / "others")), scenes=False)
    assert [portrait.trimap is None for portrait in own.train] == [False, False, False]
    assert [portrait.trimap for portrait in split.train] == [None, None]


def test_a_folder_without_fitting_alphas_is_an_error(tmp_path) -> None:
    root = write_pack(tmp_path / "pack")
    for folder, error, said in (
        (tmp_path / "none", InputError, "no such folder"),
        (root / "backgrounds", TrainingError, "no portraits to train on"),
    ):
        with pytest.raises(error, match=said):
            find_portraits(root, DataSettings(alphas=str(folder)), scenes=True)


def test_an_agreement_must_be_accepted(tmp_path) -> None:
    for name in ("blurred_image", "mask"):
        _pictures(tmp_path / "train" / name, "a")
    with pytest.raises(AgreementError):
        find_portraits(tmp_path, P3M, scenes=False)


def test_composites_need_a_folder(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"data\.dataset=folder"):
        find_portraits(_p3m(tmp_path), P3M, scenes=True)


def test_a_folder_needs_somebody_to_train_on(tmp_path) -> None:
    nobody = DataSettings(qualities=("C",))
    with pytest.raises(TrainingError, match="no portraits to train on"):
        find_portraits(write_pack(tmp_path), nobody, scenes=True)


def test_hidden_faces_cannot_be_seen(tmp_path) -> None:
    split = find_portraits(_p3m(tmp_path), P3M, scenes=False)
    check_faces(split, "obfuscated")
    with pytest.raises(ConfigError, match="faces are hidden in these pictures already"):
        check_faces(split, "normal")
    with pytest.raises(ConfigError, match="copy_paste needs masks"):
        check_faces(split, "obfuscated", needs_masks=True)


def test_a_folder_by_the_name_of_hidden_faces_counts_as_hidden(tmp_path) -> None:
    root = write_pack(tmp_path)
    (root / "portraits").rename(root / "blurred_image")
    assert find_portraits(root, DataSettings(), scenes=True).hidden


def test_visible_faces_without_masks_cannot_be_hidden(tmp_path) -> None:
    root = write_pack(tmp_path)
    for path in (root / "facemask").iterdir():
        path.unlink()
    (root / "facemask").rmdir()
    split = find_portraits(root, DataSettings(), scenes=True)
    check_faces(split, "normal")
    with pytest.raises(ConfigError, match="nothing would be hidden"):
        check_faces(split, "obfuscated")


def test_masks_of_other_names_than_bare_pictures_are_refused(tmp_path) -> None:
    root = write_pack(tmp_path)
    (root / "facemask" / "p1.png").rename(root / "facemask" / "p1_mask.png")
    split = find_portraits(root, DataSettings(), scenes=True)
    told = "1 of 4 pictures have no face mask, such as p1, and 1 masks .* such as p1_mask"
    with pytest.raises(ConfigError, match=told):
        check_faces(split, "obfuscated")
    check_faces(split, "normal")


def test_pictures_without_a_mask_are_told(tmp_path, caplog) -> None:
    root = write_pack(tmp_path)
    (root / "facemask" / "p1.png").unlink()
    check_faces(find_portraits(root, DataSettings(), scenes=True), "obfuscated")
    assert "1 of 4 pictures have no face mask, such as p1; faces in them stay" in caplog.text
