"""How places came and went: the class of each hotspot over the steps of time that are held."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.hotspots.emerging import emerging_classes
from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.layer import Layer

FEWEST_STEPS = 4


def with_persistence(layer: Layer, steps: Sequence[Flagged]) -> Layer:
    """
    The layer with the class of each place over the steps (:func:`emerging_classes`), such as *persistent hot spot*.

    A place is hot in a step when any of its cells is; its trend is that of the highest value among its cells. With
    fewer than four steps nothing is said: two or three make any pattern. Cold steps are not looked for inside hotspots,
    so no place is *oscillating*.

    Parameters
    ----------
    steps
        The hot cells of each step, oldest first, all on one grid.
    """
    assert layer.features is not None
    if len(steps) < FEWEST_STEPS or layer.features.empty:
        return layer
    grid = steps[0].grid
    eastings, northings = np.meshgrid(grid.centre_eastings, grid.centre_northings)
    hot, height = [], []
    for place in layer.features.geometry:
        cells = shapely.contains_xy(place, eastings, northings)
        hot.append([bool(step.hot[cells].any()) for step in steps])
        height.append([float(np.nanmax(step.value[cells], initial=-np.inf)) for step in steps])
    classes = emerging_classes(np.array(hot).T, series=np.array(height).T)
    features = layer.features.assign(persistence=pd.array([str(name) for name in classes], dtype="str"))
    return Layer(layer.meta, features=features)
