"""Accounts come and go: create, merge; and bump the sequence."""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.xdr import AccountMergeResultCode as MergeCode
from stellar_sdk.xdr import BumpSequenceResultCode
from stellar_sdk.xdr import CreateAccountResultCode as CreateCode

from server.localnet.ledger.addresses import Address, read_address
from server.localnet.ledger.assets import NATIVE, account_id_bytes, arm
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import AUTH_IMMUTABLE, Account
from server.localnet.ledger.events import account_address
from server.localnet.ledger.operations.operation import Operation, Threshold
from server.localnet.ledger.packing import pack_long
from server.localnet.ledger.reserves import can_take, spendable
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.sponsorship import create_entry, remove_entry, remove_signer


def first_sequence(ledger: int) -> int:
    """The sequence number of an account that is created in this ledger."""
    return ledger << 32


class CreateAccount(Operation):
    kind = xdr.OperationType.CREATE_ACCOUNT

    __slots__ = ("destination", "starting_balance")

    destination: bytes
    starting_balance: int

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.create_account_op)
        self.destination = account_id_bytes(source.destination)
        self.starting_balance = source.starting_balance.int64

    def check(self) -> None:
        if self.starting_balance < 0 or self.destination == self.source:
            raise Refusal(CreateCode.CREATE_ACCOUNT_MALFORMED)

    def apply(self, context: Context) -> bytes:
        if context.state.account(self.destination) is not None:
            raise Refusal(CreateCode.CREATE_ACCOUNT_ALREADY_EXIST)
        account = Account(
            self.destination, self.starting_balance, first_sequence(context.rules.ledger)
        )
        create_entry(context, account, CreateCode.CREATE_ACCOUNT_LOW_RESERVE)
        funder = context.state.edit_account(self.source)
        if spendable(funder, context.rules.base_reserve) < self.starting_balance:
            raise Refusal(CreateCode.CREATE_ACCOUNT_UNDERFUNDED)
        funder.balance -= self.starting_balance
        source = account_address(self.source)
        context.events.payment(NATIVE, source, self.destination, self.starting_balance)
        return b""


class AccountMerge(Operation):
    kind = xdr.OperationType.ACCOUNT_MERGE
    threshold = Threshold.HIGH
    unapplied_payload = pack_long(0)

    __slots__ = ("destination",)

    destination: Address

    def read(self, body: xdr.OperationBody) -> None:
        self.destination = read_address(arm(body.destination))

    def check(self) -> None:
        if self.destination.account == self.source:
            raise Refusal(MergeCode.ACCOUNT_MERGE_MALFORMED)

    def apply(self, context: Context) -> bytes:
        receiver = context.state.account(self.destination.account)
        if receiver is None:
            raise Refusal(MergeCode.ACCOUNT_MERGE_NO_ACCOUNT)
        account = context.state.edit_account(self.source)
        self._require_mergeable(context, account)
        for signer in account.signers:
            remove_signer(context.state, account, signer)
        amount = account.balance
        if not can_take(receiver, amount):
            raise Refusal(MergeCode.ACCOUNT_MERGE_DEST_FULL)
        context.state.edit_account(receiver.id).balance += amount
        remove_entry(context.state, account)
        source = account_address(self.source)
        to_id = self.destination.muxed_id
        context.events.payment(NATIVE, source, receiver.id, amount, to_id)
        return pack_long(amount)

    def _require_mergeable(self, context: Context, account: Account) -> None:
        if account.flags & AUTH_IMMUTABLE:
            raise Refusal(MergeCode.ACCOUNT_MERGE_IMMUTABLE_SET)
        if account.sub_entries != len(account.signers):
            raise Refusal(MergeCode.ACCOUNT_MERGE_HAS_SUB_ENTRIES)
        # else it could be created anew with a sequence that lets old transactions in again
        if account.sequence >= first_sequence(context.rules.ledger):
            raise Refusal(MergeCode.ACCOUNT_MERGE_SEQNUM_TOO_FAR)
        if account.sponsoring or self.source in context.sponsorships.values():
            raise Refusal(MergeCode.ACCOUNT_MERGE_IS_SPONSOR)


class BumpSequence(Operation):
    kind = xdr.OperationType.BUMP_SEQUENCE
    threshold = Threshold.LOW

    __slots__ = ("bump_to",)

    bump_to: int

    def read(self, body: xdr.OperationBody) -> None:
        self.bump_to = arm(body.bump_sequence_op).bump_to.sequence_number.int64

    def check(self) -> None:
        if self.bump_to < 0:
            raise Refusal(BumpSequenceResultCode.BUMP_SEQUENCE_BAD_SEQ)

    def apply(self, context: Context) -> bytes:
        """A bump to a lower number changes nothing but the sequence's age."""
        account = context.state.edit_account(self.source)
        account.sequence = max(account.sequence, self.bump_to)
        account.sequence_ledger = context.rules.ledger
        account.sequence_time = context.rules.close_time
        return b""
