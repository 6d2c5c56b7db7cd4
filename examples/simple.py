"""Five lines to a cutout; writes cutout.png and teal.png into the current folder."""

from pathlib import Path

import p3m

matte = p3m.matte(Path(__file__).with_name("portrait.jpg"))
matte.save("cutout.png", overwrite=True)
p3m.write_picture("teal.png", matte.over("teal"), overwrite=True)
