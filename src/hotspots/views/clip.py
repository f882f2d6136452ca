"""A layer inside a mask: surfaces and single events are cut, counts by area never are."""

from dataclasses import replace

import numpy as np
import shapely

from hotspots.city_centre import CityCentre, classify, mask_surface
from hotspots.layer import Layer


def clipped(layer: Layer, mask: CityCentre) -> Layer:
    """
    The part of a layer that lies in a mask, whose name and version it then carries.

    A surface keeps the cells whose centre is inside, features those that touch the mask (points on its edge are in).
    A cube keeps the areas inside and those that straddle the edge, each with its whole count, and says how many are
    which: counts by area are never apportioned.
    """
    if layer.surface is not None:
        return _labelled(replace(layer, surface=mask_surface(layer.surface, mask.geometry)), mask)
    if layer.features is not None:
        inside = shapely.intersects(mask.geometry, layer.features.geometry.to_numpy())
        return _labelled(replace(layer, features=layer.features[np.asarray(inside)].reset_index(drop=True)), mask)
    assert layer.areas is not None
    assert layer.cube is not None
    belongs = classify(mask, layer.areas).set_index("code")["membership"]
    kept = belongs[belongs != "outside"].index
    words = (
        f"{int((belongs == 'inside').sum())} areas lie inside the mask and {int((belongs == 'straddling').sum())} "
        "straddle its edge; each has its whole count.",
    )
    areas = replace(layer.areas, table=layer.areas.table[layer.areas.table["code"].isin(kept)].reset_index(drop=True))
    cube = layer.cube[layer.cube["area_code"].isin(kept)].reset_index(drop=True)
    cut = replace(layer, cube=cube, areas=areas)
    return _labelled(cut, mask).described(caveats=(*layer.meta.caveats, *words))


def _labelled(layer: Layer, mask: CityCentre) -> Layer:
    attribution = " ".join(text for text in (layer.meta.attribution, mask.attribution) if text)
    return layer.described(area=mask.label, attribution=attribution)
