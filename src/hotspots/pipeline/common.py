"""The areas that two vintages of LSOAs share, as a layer of a build, and what the audit has to know of them."""

from hotspots.areas import COMMON_LAYER, Reference
from hotspots.common_ground import groups, lookup_in_use
from hotspots.pipeline.cubes import Cube, callout_cube
from hotspots.pipeline.features import boundary_features, boundary_meta
from hotspots.pipeline.inputs import Inputs, on_common_areas
from hotspots.snapshot import BuildContent
from hotspots.sources import conversion_kinds, to_convert
from hotspots.tables import Reading


def add_common_areas(content: BuildContent, reference: Reference) -> None:
    """The layer of the common areas, their vintage, and the group of every LSOA of either vintage."""
    common = reference.common
    if common is None:
        return
    title = f"LSOAs of {common.vintage}"
    content.metas[COMMON_LAYER] = boundary_meta(common, layer_id=COMMON_LAYER, title=title)
    content.features[COMMON_LAYER] = boundary_features(common)
    content.manifest["common_areas"] = {COMMON_LAYER: {"vintage": common.vintage, "code_vintage": common.code_vintage}}
    found = groups(lookup_in_use(reference), vintage=reference.areas("lsoa").code_vintage)
    content.tables["lsoa_groups"] = found[found.isin(common.codes)].rename_axis("area_code").reset_index()


def callouts_by_area(reading: Reading, inputs: Inputs) -> Cube:
    """The callouts by area; converted ones have the vintage of the areas that they were converted to."""
    source, reference = inputs.source("callouts"), inputs.reference
    lookup = to_convert(source, reference)
    if lookup is None:
        return callout_cube(reading, reference.areas(source.resolution), vintage=source.vintage)
    common = on_common_areas(source)
    areas = reference.common if common else reference.lsoas
    assert areas is not None
    return callout_cube(
        reading,
        areas,
        vintage=areas.code_vintage,
        conversions=conversion_kinds(source, lookup, reference),
        areas_layer=COMMON_LAYER if common else "",
    )
