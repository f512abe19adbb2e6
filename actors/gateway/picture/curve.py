"""A curve of a value over time in few points: always the whole span, finer while it is short. Pure."""

from __future__ import annotations

from typing import Final

MOST: Final = 400
"""Points."""
FINEST_S: Final = 1.0


class Curve:
    """Add values in the order of time."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []
        """Seconds, and the value then; the last is always there."""
        self._step_s = 0.0
        """No two points are nearer than that, the last one apart."""

    def add(self, at_s: float, value: float) -> None:
        """A value; one that is older than the last is put where the last is."""
        points = self.points
        if points:
            at_s = max(at_s, points[-1][0])
        point = (round(at_s, 1), round(value, 1))
        if len(points) > 1 and points[-1][0] - points[-2][0] < self._step_s:
            points[-1] = point
        else:
            points.append(point)
        while len(self.points) > MOST:
            self._step_s = max(FINEST_S, 2 * self._step_s)
            self.points = _spaced(self.points, self._step_s)


def _spaced(points: list[tuple[float, float]], step_s: float) -> list[tuple[float, float]]:
    kept = points[:1]
    for point in points[1:-1]:
        if point[0] - kept[-1][0] >= step_s:
            kept.append(point)
    return [*kept, points[-1]]
