"""Where everything in a picture is: what both layouts give, and what `svg` draws."""

from typing import NamedTuple

Point = tuple[float, float]


class Rect(NamedTuple):
    """A rectangle, y downward."""

    x: float
    y: float
    width: float
    height: float


class Curve(NamedTuple):
    """One line of a link, from its source's border to its target's.

    Every step goes on from the last point: one point is a straight line, three are a Bézier curve.
    """

    link: int
    start: Point
    steps: list[tuple[Point, ...]]


class Placed(NamedTuple):
    """A picture without its words and colours."""

    width: float
    height: float
    boxes: list[Rect]
    groups: list[Rect]
    curves: list[Curve]
