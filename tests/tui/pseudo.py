"""A language that nobody speaks: what is not in it was never given to the catalogue."""

import gettext
import re

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD = "áƀćđéƒǧĥíĵķłɱñóƥɋŕşţúṽŵẋýžÁƁĆĐÉƑǦĤÍĴĶŁṀÑÓƤɊŔŞŢÚṼŴẊÝŽ"
_LETTERS = str.maketrans(_PLAIN, _ODD)
GROWTH = 0.3  # what German needs over English, about


def pseudo(message: str) -> str:
    """Other letters, a third longer; placeholders stay."""
    parts = re.split(r"(\{\w*\})", message)
    odd = "".join(part if part.startswith("{") else part.translate(_LETTERS) for part in parts)
    return odd + "ø" * int(len(message) * GROWTH)


class Pseudo(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return pseudo(singular if number == 1 else plural)
