"""`lumenpay contacts`: the people one pays."""

import argparse

from core import wire
from tui.commands.console import DONE, Console, parser
from tui.commands.console import run as run_command
from tui.text import _


def run(arguments: list[str]) -> int:
    options = parser("contacts", "List and keep the people you pay.")
    actions = options.add_subparsers(dest="action", metavar="ACTION", title="actions")
    actions.add_parser("list", help="all of them (also without an action)")
    add = actions.add_parser("add", help="keep somebody")
    add.add_argument("--name", required=True)
    add.add_argument("--to", required=True, help="handle, address or payment link")
    rename = actions.add_parser("rename", help="change the name")
    rename.add_argument("id", metavar="ID")
    rename.add_argument("--name", required=True)
    for action, words in _CHANGES.items():
        actions.add_parser(action, help=words).add_argument("id", metavar="ID")
    actions.add_parser("remove", help="forget somebody").add_argument("id", metavar="ID")
    return run_command(options.parse_args(arguments), _act)


_CHANGES = {
    "favourite": "put somebody first",
    "unfavourite": "no longer first",
    "block": "refuse to pay somebody",
    "unblock": "allow it again",
}


async def _act(console: Console) -> int:
    console.need_sign_in()
    match console.options.action:
        case None | "list":
            return await _list(console)
        case "add":
            contact = await console.api.add_contact(console.options.name, console.options.to)
            return _show(console, contact)
        case "remove":
            await console.api.remove_contact(console.options.id)
            console.data({"removed": console.options.id}, [])
            console.say(_("The contact is gone."))
            return DONE
        case _:
            return _show(console, await console.api.change_contact(_change(console.options)))


async def _list(console: Console) -> int:
    contacts = await console.session.read_contacts()
    console.data(wire.Contacts(items=contacts), [_line(contact) for contact in contacts])
    return DONE


def _change(options: argparse.Namespace) -> wire.ChangedContact:
    match options.action:
        case "rename":
            return wire.ChangedContact(contact_id=options.id, name=options.name)
        case "favourite" | "unfavourite":
            return wire.ChangedContact(
                contact_id=options.id, favourite=options.action == "favourite"
            )
        case _:
            return wire.ChangedContact(contact_id=options.id, blocked=options.action == "block")


def _show(console: Console, contact: wire.Contact) -> int:
    console.data(contact, [_line(contact)])
    return DONE


def _line(contact: wire.Contact) -> str:
    marks = [
        word
        for word, holds in ((_("favourite"), contact.favourite), (_("blocked"), contact.blocked))
        if holds
    ]
    who = f"@{contact.handle}" if contact.handle else contact.address
    return "  ".join([contact.name, who, *marks, contact.contact_id])
