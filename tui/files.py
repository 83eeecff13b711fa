"""Files that the wallet saves for a person: never over another file, readable by nobody else."""

import os
from pathlib import Path

NUMBERS_MAX = 1_000


def download_folder() -> Path:
    """Where a person looks for a saved file; the home folder where there is no such place."""
    from platformdirs import user_downloads_path

    folder = user_downloads_path()
    return folder if folder.is_dir() else Path.home()


def save_new(folder: Path, name: str, text: str) -> Path:
    """Write `name`, or `stem-2.suffix` and so on where that exists. Raises `OSError`."""
    wanted = Path(name)
    for number in range(1, NUMBERS_MAX):
        path = folder / (name if number == 1 else f"{wanted.stem}-{number}{wanted.suffix}")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path
    raise FileExistsError(folder / name)
