"""The Welsh names of districts: a place may be asked for in either language, whichever a file has."""

# Of the districts whose names differ, as the statistics office writes them in the names of LSOAs, and in Welsh.
_IN_ENGLISH = {
    "Ynys Môn": "Isle of Anglesey",
    "Sir Ddinbych": "Denbighshire",
    "Sir y Fflint": "Flintshire",
    "Wrecsam": "Wrexham",
    "Sir Benfro": "Pembrokeshire",
    "Sir Gaerfyrddin": "Carmarthenshire",
    "Abertawe": "Swansea",
    "Castell-nedd Port Talbot": "Neath Port Talbot",
    "Pen-y-bont ar Ogwr": "Bridgend",
    "Bro Morgannwg": "The Vale of Glamorgan",
    "Vale of Glamorgan": "The Vale of Glamorgan",
    "Caerdydd": "Cardiff",
    "Merthyr Tudful": "Merthyr Tydfil",
    "Caerffili": "Caerphilly",
    "Tor-faen": "Torfaen",
    "Sir Fynwy": "Monmouthshire",
    "Casnewydd": "Newport",
    "Rhondda Cynon Tâf": "Rhondda Cynon Taf",
}


def names_of(place: str) -> frozenset[str]:
    """
    A place's name, and what it is called in the other language, whatever its capitals.

    Examples
    --------
    >>> sorted(names_of("ynys môn")), sorted(names_of("Cardiff")), sorted(names_of("Norwich"))
    (['Isle of Anglesey', 'Ynys Môn', 'ynys môn'], ['Caerdydd', 'Cardiff'], ['Norwich'])
    """
    wanted = place.casefold()
    pairs = [pair for pair in _IN_ENGLISH.items() if wanted in {name.casefold() for name in pair}]
    return frozenset({place, *(name for pair in pairs for name in pair)})
