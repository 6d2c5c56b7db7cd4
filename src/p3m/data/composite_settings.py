"""How often each thing happens to a composite sample."""

from dataclasses import dataclass, fields

from p3m.core.checks import check_setting

_MULTIPLE = 32  # networks take sides that are


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSettings:
    """How samples are made; each probability, in [0, 1], is that of a sample.

    Attributes:
        side_px: Side of a sample, a multiple of 32.
        natural: A photo with its own background in place of a composite.
        empty: No person at all: alpha is 0.
        company: Somebody else stands behind the person, and counts.
        guest: The person stands before somebody else's photo, and both count.
        turned: Somebody is turned, as by a camera held askew.
        bent: Somebody is bent: narrower here, longer there, leaning, with another outline.
        dressed: What has one colour on the person, such as a shirt, gets another.
        matched: The person is lit about as the background is.
        clutter: Shapes of another scene stand behind them, lines, or one to three things.
        touched: A thing, drawn or cut out, stands behind them and touches their outline.
        held: A thing, drawn or cut out, is held before the body, and counts.
        covered: A thing, nearer than what is sharp, hides a part of the body.
        strands: Hair strands are added.
        grey: The whole picture is grey.
        blur: Out of focus, or moved.
        soft: The person alone is out of focus, or moved.
        noise: Grain.
        jpeg: Compressed as JPEG.
        low_resolution: Made small and large again.
        background_blur: The background is out of focus, half of the time without its clutter.
        hue: The background's colours are turned around the colour circle.
        plain: The background is one colour, or passes from one to another.
        beside: A scene is what somebody's photo shows beside them, not one of the backgrounds.
        kept_mb: Megabytes of decoded pictures that each process which makes samples keeps.

    Raises:
        ConfigError: If a number is impossible.
    """

    side_px: int = 512
    natural: float = 0.25
    empty: float = 0.01
    company: float = 0.08
    guest: float = 0.12
    turned: float = 0.3
    bent: float = 0.3
    dressed: float = 0.35
    matched: float = 0.3
    clutter: float = 0.5
    touched: float = 0.0
    held: float = 0.06
    covered: float = 0.04
    strands: float = 0.5
    grey: float = 0.3
    blur: float = 0.15
    soft: float = 0.06
    noise: float = 0.3
    jpeg: float = 0.4
    low_resolution: float = 0.1
    background_blur: float = 0.45
    hue: float = 0.2
    plain: float = 0.1
    beside: float = 0.4
    kept_mb: int = 3000

    def __post_init__(self) -> None:
        check_setting("composites.side_px", self.side_px, _MULTIPLE, multiple=_MULTIPLE)
        check_setting("composites.kept_mb", self.kept_mb, 0)
        for field in fields(self):
            if field.type is float:
                check_setting(f"composites.{field.name}", getattr(self, field.name), 0.0, 1.0)
