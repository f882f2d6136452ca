"""Text from data is never markup.

A map's text passes three interpreters: the server's templates (``{{ }}`` and ``{% %}`` run as Python expressions), the
browser's JavaScript (``${ }``, back-ticks and backslashes inside a template literal) and HTML. Numeric entities are
plain text to the first two and the character itself to the last, so one encoding serves all three.
"""

_SPECIAL = "&<>\"'`${}\\%#\u2028\u2029"
_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in _SPECIAL})
_CONTROLS = str.maketrans(dict.fromkeys((*range(32), 127), " "))


def escape(text: object) -> str:
    """
    Text from data as it may be put on a map: shown exactly as it was typed, run by nothing.

    Line breaks, tabs and other control characters become spaces. Headings, legends and column names come from code.

    Examples
    --------
    >>> escape("Bar <b>7</b>"), escape("{{7*7}}")
    ('Bar &#60;b&#62;7&#60;/b&#62;', '&#123;&#123;7*7&#125;&#125;')
    """
    return str(text).translate(_CONTROLS).translate(_ENTITIES)
