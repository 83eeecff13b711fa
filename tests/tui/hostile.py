"""Texts that break or drive a careless terminal program."""

HOSTILE = {
    "closing tag": "[/red]",
    "nested brackets": "[type=x, v={'a[0]'}]",
    "open closing": "[/",
    "action link": "[@click=app.exit()]tap me[/]",
    "clipboard": "\x1b]52;c;cHduZWQ=\x1b\\",
    "clear screen": "\x1b[2J\x1b[H",
    "c1 csi": "\x9b31m",
    "bidi override": "abc\u202egnp.exe\u202c",
    "isolates": "\u2066left\u2069",
    "zero width": "pay\u200bpal\u200d\ufeff",
    "wide": "寿司屋さん" * 30,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "lines and tabs": "one\ntwo\r\nthree\tfour",
    "combining": "Z" + "\u0310" * 40,
    "long": "x" * 10_000,
    "braces": "{0} {name} %s %(x)s",
}
FORBIDDEN = "\x1b\x9b\u202e\u202c\u2066\u2069\u200b\ufeff\n\r\t"
