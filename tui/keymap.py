"""A person's own keys: `keys.toml` beside the profiles, a table `[keys]` of binding id = key.

    [keys]
    "app.lock" = "f12"

The ids are the contract; a key may be any that the terminal sends.
"""

from pathlib import Path

from tui.text import _

FILE = "keys.toml"


class BadKeymap(Exception):
    """The file cannot be taken; the words say why."""


def read_keymap(folder: Path) -> dict[str, str]:
    """Binding ids and their keys; empty without a file. Raises `BadKeymap`."""
    path = folder / FILE
    if not path.is_file():
        return {}
    import tomllib

    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8")).get("keys", {})
    except (OSError, ValueError) as problem:
        raise BadKeymap(_("{file} cannot be read.").format(file=path)) from problem
    if not isinstance(keys, dict):
        raise BadKeymap(_("{file} needs a table [keys].").format(file=path))
    return {name: _key(name, key, path) for name, key in keys.items()}


def _key(name: str, key: object, path: Path) -> str:
    if not isinstance(key, str) or not key.strip():
        raise BadKeymap(_("{file}: {name} needs the name of a key.").format(file=path, name=name))
    return key.strip()
