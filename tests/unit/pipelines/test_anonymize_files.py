"""What a run over many pictures leaves behind where it is stopped."""

import json
from itertools import islice
from pathlib import Path

from p3m.imaging.io import write_picture
from p3m.pipelines.anonymize_files import anonymize_files
from p3m.pipelines.anonymize_plan import AnonymizeSettings, plan_anonymize
from support.images import noise


def test_a_dry_run_that_is_stopped_leaves_its_full_sheets(tmp_path):
    names = [f"{number:02d}.png" for number in range(25)]
    for name in names:
        write_picture(tmp_path / "in" / name, noise(24, 24))
    boxes = Path(tmp_path, "boxes.json")
    boxes.write_text(json.dumps({name: [[4, 4, 16, 18]] for name in names}))
    settings = AnonymizeSettings(detector=f"boxes:{boxes}", dry_run=True)
    plan = plan_anonymize([str(tmp_path / "in")], str(tmp_path / "out"), settings)
    results = anonymize_files(plan)
    assert len(list(islice(results, 20))) == 20
    sheets = sorted(path.name for path in (tmp_path / "out").glob("*.jpg"))
    assert sheets == ["review-001.jpg"]
    assert len(list(results)) == 5
    assert (tmp_path / "out" / "review-002.jpg").is_file()
