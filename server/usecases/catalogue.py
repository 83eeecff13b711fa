"""All use cases of one world."""

from msgspec import Struct

from server.usecases.accounts import Accounts
from server.usecases.contacts import Contacts
from server.usecases.directory import Directory
from server.usecases.events import Feed, Telling
from server.usecases.exports import Exports
from server.usecases.health import Healths
from server.usecases.payees import Payees
from server.usecases.payments import Payments
from server.usecases.profiles import Profiles
from server.usecases.requests import Requests
from server.usecases.sessions import Sessions
from server.usecases.transactions import Transactions
from server.usecases.wallets import Wallets
from server.usecases.world import World


class UseCases(Struct, frozen=True, kw_only=True):
    accounts: Accounts
    sessions: Sessions
    wallets: Wallets
    payments: Payments
    transactions: Transactions
    contacts: Contacts
    requests: Requests
    profiles: Profiles
    directory: Directory
    exports: Exports
    feed: Feed
    health: Healths


def use_cases(world: World) -> UseCases:
    sessions, payees = Sessions(world), Payees(world)
    transactions = Transactions(world, payees)
    wallets, contacts = Wallets(world), Contacts(world, payees)
    requests = Requests(world)
    return UseCases(
        accounts=Accounts(world, sessions),
        sessions=sessions,
        wallets=wallets,
        payments=Payments(world, payees, transactions),
        transactions=transactions,
        contacts=contacts,
        requests=requests,
        profiles=Profiles(world),
        directory=Directory(world),
        exports=Exports(world, transactions),
        feed=Feed(world, Telling(transactions, wallets, contacts, requests)),
        health=Healths(world),
    )
