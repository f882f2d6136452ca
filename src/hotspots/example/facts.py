"""Facts that the example stands on: codes, names and approximate centres, typed in, and nothing traced.

Codes and names are those of the Office for National Statistics. An LSOA's centre is good to about 100 m and an area to
0.01 km²: they say roughly where a place is and how big, so that the invented map is recognisable, and no outline can be
had from them. Eastings and northings are EPSG:27700 metres.
"""

from typing import NamedTuple


class Ward(NamedTuple):
    """A ward in force until May 2021: approximate centre in metres and area in square kilometres."""

    code: str
    name: str
    easting: int
    northing: int
    area_km2: float


class Lsoa(NamedTuple):
    """A 2011 LSOA, the ward that it nests in, its centre rounded to 100 m and its area in square kilometres."""

    code: str
    name: str
    ward_code: str
    easting: int
    northing: int
    area_km2: float


class Core(NamedTuple):
    """
    A disc that lies well inside a ward whichever shapes are used, the invented ones or the true ones.

    Synthetic points keep to the cores, so that ward totals agree on both. ``share`` is the weight of the disc among
    those of its ward; ``place`` says where in the city it is, for the reader of this file.
    """

    ward_code: str
    place: str
    easting: int
    northing: int
    radius_m: int
    share: int


WARDS = (
    Ward("E05002702", "Abbey", 547_718, 259_018, 3.95),
    Ward("E05002703", "Arbury", 544_632, 260_403, 1.50),
    Ward("E05002704", "Castle", 543_534, 259_683, 3.40),
    Ward("E05002705", "Cherry Hinton", 548_654, 256_317, 3.68),
    Ward("E05002706", "Coleridge", 547_142, 256_918, 1.93),
    Ward("E05002707", "East Chesterton", 546_953, 260_670, 2.61),
    Ward("E05002708", "King's Hedges", 545_823, 261_154, 1.57),
    Ward("E05002709", "Market", 545_321, 258_529, 1.69),
    Ward("E05002710", "Newnham", 543_401, 258_251, 4.45),
    Ward("E05002711", "Petersfield", 546_165, 258_062, 1.06),
    Ward("E05002712", "Queen Edith's", 546_941, 255_420, 4.51),
    Ward("E05002713", "Romsey", 547_091, 257_972, 1.49),
    Ward("E05002714", "Trumpington", 544_857, 255_633, 7.34),
    Ward("E05002715", "West Chesterton", 545_472, 259_883, 1.53),
)

LSOAS = (
    Lsoa("E01017943", "Cambridge 006A", "E05002702", 546_600, 259_000, 0.43),
    Lsoa("E01017944", "Cambridge 006B", "E05002702", 547_800, 259_900, 0.39),
    Lsoa("E01017945", "Cambridge 006C", "E05002702", 547_200, 259_300, 1.01),
    Lsoa("E01017946", "Cambridge 006D", "E05002702", 547_700, 259_400, 0.27),
    Lsoa("E01017947", "Cambridge 006E", "E05002702", 548_200, 258_400, 1.56),
    Lsoa("E01017948", "Cambridge 006F", "E05002702", 548_400, 259_600, 0.29),
    Lsoa("E01017949", "Cambridge 002A", "E05002703", 544_500, 259_800, 0.26),
    Lsoa("E01017950", "Cambridge 002B", "E05002703", 544_700, 259_400, 0.16),
    Lsoa("E01017951", "Cambridge 002C", "E05002703", 544_300, 260_900, 0.36),
    Lsoa("E01017952", "Cambridge 002D", "E05002703", 544_900, 260_900, 0.22),
    Lsoa("E01017953", "Cambridge 002E", "E05002703", 544_600, 260_300, 0.26),
    Lsoa("E01017954", "Cambridge 002F", "E05002703", 545_100, 260_600, 0.23),
    Lsoa("E01017955", "Cambridge 005A", "E05002704", 544_000, 260_500, 0.46),
    Lsoa("E01017956", "Cambridge 005B", "E05002704", 543_100, 259_800, 1.99),
    Lsoa("E01017957", "Cambridge 005C", "E05002704", 544_100, 259_700, 0.17),
    Lsoa("E01017958", "Cambridge 005D", "E05002704", 544_300, 259_000, 0.8),
    Lsoa("E01017959", "Cambridge 011A", "E05002705", 548_400, 256_200, 0.41),
    Lsoa("E01017960", "Cambridge 011B", "E05002705", 548_800, 255_500, 1.59),
    Lsoa("E01017961", "Cambridge 011C", "E05002705", 548_000, 256_500, 0.3),
    Lsoa("E01017962", "Cambridge 011D", "E05002705", 548_600, 257_400, 0.87),
    Lsoa("E01017963", "Cambridge 011E", "E05002705", 549_100, 257_000, 0.26),
    Lsoa("E01017964", "Cambridge 011F", "E05002705", 548_600, 256_800, 0.24),
    Lsoa("E01017965", "Cambridge 010A", "E05002706", 546_900, 257_100, 0.26),
    Lsoa("E01017966", "Cambridge 010B", "E05002706", 546_400, 256_900, 0.56),
    Lsoa("E01017967", "Cambridge 010C", "E05002706", 547_700, 257_200, 0.6),
    Lsoa("E01017968", "Cambridge 010D", "E05002706", 547_400, 256_700, 0.27),
    Lsoa("E01017969", "Cambridge 010E", "E05002706", 547_600, 256_500, 0.25),
    Lsoa("E01017971", "Cambridge 003B", "E05002707", 547_300, 261_300, 1.28),
    Lsoa("E01017972", "Cambridge 003C", "E05002707", 547_200, 260_300, 0.31),
    Lsoa("E01017973", "Cambridge 003D", "E05002707", 546_100, 260_100, 0.28),
    Lsoa("E01017974", "Cambridge 003E", "E05002707", 546_700, 260_400, 0.26),
    Lsoa("E01032792", "Cambridge 003F", "E05002707", 546_400, 259_500, 0.26),
    Lsoa("E01032802", "Cambridge 003G", "E05002707", 546_400, 259_900, 0.21),
    Lsoa("E01017975", "Cambridge 001A", "E05002708", 545_800, 261_100, 0.28),
    Lsoa("E01017976", "Cambridge 001B", "E05002708", 546_400, 261_000, 0.34),
    Lsoa("E01017977", "Cambridge 001C", "E05002708", 546_100, 261_000, 0.22),
    Lsoa("E01017978", "Cambridge 001D", "E05002708", 545_300, 261_000, 0.34),
    Lsoa("E01017979", "Cambridge 001E", "E05002708", 545_300, 261_500, 0.18),
    Lsoa("E01017980", "Cambridge 001F", "E05002708", 545_800, 261_500, 0.21),
    Lsoa("E01017983", "Cambridge 007C", "E05002709", 545_700, 258_800, 0.45),
    Lsoa("E01032797", "Cambridge 007G", "E05002709", 545_200, 258_400, 1.24),
    Lsoa("E01017984", "Cambridge 007D", "E05002710", 543_000, 258_400, 2.81),
    Lsoa("E01017985", "Cambridge 007E", "E05002710", 544_400, 257_500, 0.65),
    Lsoa("E01017986", "Cambridge 007F", "E05002710", 544_000, 258_200, 0.98),
    Lsoa("E01017987", "Cambridge 008A", "E05002711", 546_100, 257_500, 0.27),
    Lsoa("E01017988", "Cambridge 008B", "E05002711", 545_900, 257_900, 0.19),
    Lsoa("E01017989", "Cambridge 008C", "E05002711", 546_300, 258_500, 0.21),
    Lsoa("E01017990", "Cambridge 008D", "E05002711", 546_500, 258_200, 0.2),
    Lsoa("E01017991", "Cambridge 008E", "E05002711", 546_100, 258_200, 0.18),
    Lsoa("E01017992", "Cambridge 013A", "E05002712", 547_100, 256_100, 0.4),
    Lsoa("E01017993", "Cambridge 013B", "E05002712", 546_400, 255_700, 1.02),
    Lsoa("E01017994", "Cambridge 013C", "E05002712", 547_700, 256_000, 0.38),
    Lsoa("E01017995", "Cambridge 013D", "E05002712", 547_100, 255_000, 2.4),
    Lsoa("E01017996", "Cambridge 013E", "E05002712", 546_300, 256_400, 0.32),
    Lsoa("E01017997", "Cambridge 009A", "E05002713", 547_100, 258_400, 0.55),
    Lsoa("E01017998", "Cambridge 009B", "E05002713", 546_700, 257_900, 0.16),
    Lsoa("E01017999", "Cambridge 009C", "E05002713", 547_500, 257_700, 0.44),
    Lsoa("E01018000", "Cambridge 009D", "E05002713", 547_000, 257_800, 0.18),
    Lsoa("E01018001", "Cambridge 009E", "E05002713", 546_700, 257_500, 0.16),
    Lsoa("E01018002", "Cambridge 012A", "E05002714", 544_500, 255_300, 2.19),
    Lsoa("E01018003", "Cambridge 012B", "E05002714", 545_000, 254_300, 1.92),
    Lsoa("E01018005", "Cambridge 012D", "E05002714", 545_200, 257_400, 0.7),
    Lsoa("E01032794", "Cambridge 012E", "E05002714", 544_800, 256_400, 2.05),
    Lsoa("E01032795", "Cambridge 012F", "E05002714", 545_800, 256_900, 0.47),
    Lsoa("E01018006", "Cambridge 004A", "E05002715", 545_800, 260_400, 0.27),
    Lsoa("E01018007", "Cambridge 004B", "E05002715", 545_300, 260_100, 0.5),
    Lsoa("E01018008", "Cambridge 004C", "E05002715", 545_700, 259_700, 0.24),
    Lsoa("E01018009", "Cambridge 004D", "E05002715", 545_100, 259_600, 0.29),
    Lsoa("E01018010", "Cambridge 004E", "E05002715", 545_800, 259_300, 0.22),
)

CITY_CENTRE_LSOA = "E01032797"
EAST_OF_CENTRE_LSOA = "E01017983"

# What the census of 2021 changed: eleven LSOAs gave way to twenty new ones, and two kept their code under a new name.
_GONE_BY_2021 = frozenset(
    {
        "E01017956", "E01017957", "E01017958", "E01017966", "E01017984", "E01017986",
        "E01017993", "E01018002", "E01018003", "E01032795", "E01032797",
    }
)  # fmt: skip
_RENAMED_IN_2021 = {"E01018005": "Cambridge 014A", "E01032794": "Cambridge 014D"}
_NEW_IN_2021 = {
    "E01035511": "Cambridge 005E",
    "E01035512": "Cambridge 005F",
    "E01035513": "Cambridge 005G",
    "E01035514": "Cambridge 005H",
    "E01035515": "Cambridge 007H",
    "E01035516": "Cambridge 007I",
    "E01035517": "Cambridge 007J",
    "E01035518": "Cambridge 010F",
    "E01035519": "Cambridge 010G",
    "E01035520": "Cambridge 013F",
    "E01035521": "Cambridge 013G",
    "E01035522": "Cambridge 014B",
    "E01035523": "Cambridge 014C",
    "E01035524": "Cambridge 015A",
    "E01035525": "Cambridge 015B",
    "E01035526": "Cambridge 015C",
    "E01035527": "Cambridge 015D",
    "E01035528": "Cambridge 015E",
    "E01035529": "Cambridge 015F",
    "E01035530": "Cambridge 015G",
}

# Code and name of the 78 LSOAs of 2021, sorted by code: enough to recognise a sheet of that vintage.
LSOAS_2021 = tuple(
    sorted(
        {
            **{lsoa.code: lsoa.name for lsoa in LSOAS if lsoa.code not in _GONE_BY_2021},
            **_RENAMED_IN_2021,
            **_NEW_IN_2021,
        }.items()
    )
)

CORES = (
    Core("E05002702", "Newmarket Road", 546_720, 259_060, 130, 5),
    Core("E05002702", "Stourbridge Common", 547_150, 259_430, 160, 2),
    Core("E05002702", "Barnwell", 547_900, 259_250, 180, 3),
    Core("E05002702", "Ditton Fields", 547_700, 259_700, 180, 1),
    Core("E05002703", "Arbury Court", 544_680, 260_650, 170, 2),
    Core("E05002703", "Histon Road", 544_520, 260_020, 150, 1),
    Core("E05002703", "Akeman Street", 544_560, 259_640, 90, 1),
    Core("E05002704", "Castle Hill", 544_200, 259_270, 120, 5),
    Core("E05002704", "Huntingdon Road", 543_900, 259_560, 170, 3),
    Core("E05002704", "Windsor Road", 543_950, 260_250, 170, 2),
    Core("E05002704", "Madingley Road", 543_480, 259_800, 180, 1),
    Core("E05002705", "Cherry Hinton High Street", 548_550, 256_380, 160, 2),
    Core("E05002705", "Fulbourn Road", 548_740, 255_400, 170, 1),
    Core("E05002705", "Rosemary Lane", 548_470, 257_360, 160, 1),
    Core("E05002706", "Leisure Park", 546_270, 256_840, 90, 2),
    Core("E05002706", "Radegund Road", 546_800, 256_930, 150, 2),
    Core("E05002706", "Perne Road", 547_360, 256_910, 160, 2),
    Core("E05002707", "Chesterton High Street", 546_340, 259_930, 140, 2),
    Core("E05002707", "Scotland Road", 546_900, 260_410, 160, 1),
    Core("E05002707", "Fen Road", 547_190, 261_200, 170, 1),
    Core("E05002708", "Campkin Road", 545_620, 261_180, 160, 2),
    Core("E05002708", "Nuns Way", 546_200, 261_060, 170, 2),
    Core("E05002708", "King's Hedges Road", 545_200, 261_300, 110, 1),
    Core("E05002709", "Market Square", 544_960, 258_460, 70, 4),
    Core("E05002709", "Bus station", 545_250, 258_480, 110, 4),
    Core("E05002709", "The Kite", 545_560, 258_440, 170, 7),
    Core("E05002709", "Grafton Centre", 545_800, 258_740, 160, 6),
    Core("E05002709", "Maid's Causeway", 545_450, 258_860, 90, 2),
    Core("E05002709", "Jesus Green", 545_130, 258_950, 80, 2),
    Core("E05002709", "Thompson's Lane", 544_970, 258_850, 60, 2),
    Core("E05002709", "Downing Street", 545_110, 258_150, 130, 1),
    Core("E05002709", "Parkside", 545_500, 258_200, 120, 2),
    Core("E05002710", "Newnham village", 544_390, 257_450, 160, 2),
    Core("E05002710", "Sidgwick", 544_100, 257_940, 160, 1),
    Core("E05002711", "Mill Road west", 546_080, 257_960, 110, 6),
    Core("E05002711", "Norfolk Street", 546_220, 258_420, 140, 4),
    Core("E05002711", "Gwydir Street", 546_270, 258_080, 110, 3),
    Core("E05002711", "Station Road", 546_110, 257_640, 130, 3),
    Core("E05002711", "York Street", 546_400, 258_330, 110, 2),
    Core("E05002712", "Queen Edith's Way", 546_980, 256_020, 160, 1),
    Core("E05002712", "Long Road", 546_390, 255_900, 170, 1),
    Core("E05002713", "Mill Road east", 546_880, 257_630, 110, 6),
    Core("E05002713", "Cavendish Road", 546_780, 257_820, 110, 4),
    Core("E05002713", "Coldham's Lane", 547_000, 258_380, 150, 2),
    Core("E05002713", "Vinery Road", 547_280, 258_120, 110, 1),
    Core("E05002713", "Brookfields", 547_430, 257_780, 150, 1),
    Core("E05002714", "Trumpington High Street", 544_800, 254_600, 180, 2),
    Core("E05002714", "Botanic Garden side", 545_290, 257_000, 160, 2),
    Core("E05002714", "Foster Road", 544_650, 255_310, 180, 1),
    Core("E05002715", "Mitcham's Corner", 545_300, 259_480, 80, 4),
    Core("E05002715", "Chesterton Road", 545_620, 259_400, 110, 3),
    Core("E05002715", "Gilbert Road", 545_250, 260_000, 170, 1),
    Core("E05002715", "Milton Road", 545_650, 260_250, 150, 1),
)

WARD_NAMES = {ward.code: ward.name for ward in WARDS}
LSOA_NAMES = {lsoa.code: lsoa.name for lsoa in LSOAS}
