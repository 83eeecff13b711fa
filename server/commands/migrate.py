"""`lumenpay migrate`: brings the database's schema to the version that this program knows."""

import argparse
import asyncio
import json
import os
from pathlib import Path

from sqlalchemy import make_url

from server.commands.starting import refused
from server.settings import BadSettings, load_database_url
from server.store.schema import SchemaUnknown, migrate


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lumenpay migrate", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    options = parser.parse_args(arguments)
    try:
        url = load_database_url(os.environ)
        _make_folder(url)
        before, after = asyncio.run(migrate(url))
    except BadSettings as bad:
        return refused("migrate", bad.problems)
    except SchemaUnknown as problem:
        return refused("migrate", [str(problem)])
    if options.json:
        print(json.dumps({"before": before, "after": after}))
    else:
        print(f"schema {after}" if before == after else f"schema {before or 'none'} -> {after}")
    return 0


def _make_folder(url: str) -> None:
    """SQLite makes its file, not the folder that it lies in."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and parts.database:
        Path(parts.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
