"""How a valid transaction changes the state: its fee first, then its sequence, its operations."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stellar_sdk.xdr import OperationResultCode, TransactionResultCode

from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import Account
from server.localnet.ledger.events import AssetContracts, OperationEvents
from server.localnet.ledger.meta import Change, OperationMeta, TransactionMeta
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.reserves import spendable
from server.localnet.ledger.results import (
    GeneralRefusal,
    Refusal,
    TransactionRefusal,
    fee_bump_result,
    operation_refused,
    operation_success,
    transaction_result,
)
from server.localnet.ledger.rules import Rules
from server.localnet.ledger.signatures import SignatureCheck, pre_authorized_key
from server.localnet.ledger.sponsorship import remove_signer
from server.localnet.ledger.state import State
from server.localnet.ledger.transactions import FeeBump, Transaction
from server.localnet.ledger.validity import (
    check_age_and_authority,
    check_before_sequence,
    check_sequence,
    check_signature,
    check_supported,
)

Code = TransactionResultCode
_log = logging.getLogger(__name__)


class Charged(NamedTuple):
    """A transaction whose fee is taken, in stroops; `changes`: the fee source's."""

    transaction: Transaction | FeeBump
    fee: int
    changes: list[Change]


class Applied(NamedTuple):
    """`result` is a packed TransactionResult."""

    result: bytes
    meta: TransactionMeta
    successful: bool


class Outcome(NamedTuple):
    """How operations ended; `results` are packed OperationResults."""

    code: TransactionResultCode
    results: Sequence[bytes]
    meta: Sequence[OperationMeta]


def charge(transaction: Transaction | FeeBump, state: State, base_fee: int) -> Charged:
    """Takes the fee, as much of it as there is; reserves do not protect it."""
    state.begin()
    payer = state.edit_account(transaction.fee_source)
    bid = min(transaction.fee, base_fee * transaction.operation_count)
    fee = min(bid, payer.balance)
    payer.balance -= fee
    return Charged(transaction, fee, state.commit())


class Application:
    """The application of transactions to one ledger."""

    def __init__(
        self, state: State, rules: Rules, network_id: bytes, contracts: AssetContracts
    ) -> None:
        self._state = state
        self._rules = rules
        self._network_id = network_id
        self._contracts = contracts

    def apply(self, charged: Charged) -> Applied:
        transaction = charged.transaction
        before = self._enter_fee_bump(transaction) if isinstance(transaction, FeeBump) else []
        inner = transaction.innermost
        self._state.begin()
        refusal = self._enter(inner, pays=inner is transaction)
        before += self._state.commit()
        if refusal is None:
            outcome = self._apply_operations(inner)
        else:
            outcome = Outcome(refusal.code, refusal.operations, [])
        fee_event = self._contracts.fee(transaction.fee_source, charged.fee)
        return Applied(
            _pack_result(transaction, charged.fee, outcome),
            TransactionMeta(before, outcome.meta, [fee_event]),
            outcome.code == Code.txSUCCESS,
        )

    def _enter_fee_bump(self, fee_bump: FeeBump) -> list[Change]:
        self._state.begin()
        payer = self._state.account(fee_bump.fee_source)
        if payer is not None:
            self._state.edit(payer)  # core lists it among the changes, changed or not
        self._remove_preauthorized([fee_bump.fee_source], fee_bump.hash)
        return self._state.commit()

    def _enter(self, transaction: Transaction, *, pays: bool) -> TransactionRefusal | None:
        """Checks again, on the state that earlier transactions left; then takes the sequence
        number and the one-time signers, which are spent even where the checks fail."""
        signatures = SignatureCheck(transaction.signatures)
        refusal = None
        source = None
        try:
            found = check_before_sequence(transaction, self._state, self._rules, pays=pays)
            check_sequence(transaction, found, self._rules)
            source = found
            self._check_authority(transaction, source, signatures, pays=pays)
        except TransactionRefusal as raised:
            refusal = raised
        if source is not None:
            self._take_sequence(transaction, source)
        sources = dict.fromkeys([transaction.source, *(o.source for o in transaction.operations)])
        self._remove_preauthorized(sources, transaction.hash)
        return refusal

    def _check_authority(
        self, transaction: Transaction, source: Account, signatures: SignatureCheck, *, pays: bool
    ) -> None:
        check_age_and_authority(transaction, source, signatures, self._rules)
        if pays and spendable(source, self._rules.base_reserve) < 0:
            raise TransactionRefusal(Code.txINSUFFICIENT_BALANCE)
        refused = {}
        for place, operation in enumerate(transaction.operations):
            try:
                check_signature(operation, self._state, signatures)
            except GeneralRefusal as refusal:
                refused[place] = operation_refused(operation.kind, refusal)
        if refused:
            results = [o.unapplied_result() for o in transaction.operations]
            results = [refused.get(place, result) for place, result in enumerate(results)]
            raise TransactionRefusal(Code.txFAILED, results)
        if not signatures.used_all:
            raise TransactionRefusal(Code.txBAD_AUTH_EXTRA)

    def _take_sequence(self, transaction: Transaction, source: Account) -> None:
        edited = self._state.edit(source)
        edited.sequence = transaction.sequence
        edited.sequence_ledger = self._rules.ledger
        edited.sequence_time = self._rules.close_time

    def _remove_preauthorized(self, accounts: Iterable[bytes], signed_hash: bytes) -> None:
        """A pre-authorized transaction is a signer that is used up."""
        for account_id in accounts:
            account = self._state.account(account_id)
            signers = () if account is None else account.signers
            for signer in signers:
                if account is not None and signer.key == pre_authorized_key(signed_hash):
                    remove_signer(self._state, self._state.edit(account), signer)

    def _apply_operations(self, transaction: Transaction) -> Outcome:
        """All or nothing; each operation is tried, so that each has a result of its own."""
        depth = self._state.depth
        self._state.begin()
        try:
            outcome = self._try_operations(transaction)
        except Exception:
            # a fault in an operation's code must cost one transaction, not the whole network
            _log.exception("transaction %s broke the ledger's code", transaction.hash.hex())
            outcome = Outcome(Code.txINTERNAL_ERROR, [], [])
        if outcome.code == Code.txSUCCESS:
            self._state.commit()
        while self._state.depth > depth:
            self._state.rollback()
        return outcome

    def _try_operations(self, transaction: Transaction) -> Outcome:
        sponsorships: dict[bytes, bytes] = {}
        results = []
        meta = []
        for index, operation in enumerate(transaction.operations):
            context = self._context(transaction, operation, index, sponsorships)
            self._state.begin()
            try:
                payload = self._apply_operation(operation, context)
            except (Refusal, GeneralRefusal) as refusal:
                self._state.rollback()
                results.append(operation_refused(operation.kind, refusal))
            else:
                meta.append(OperationMeta(self._state.commit(), context.events.events))
                results.append(operation_success(operation.kind, payload))
        if len(meta) < len(results):
            return Outcome(Code.txFAILED, results, [])
        if sponsorships:
            return Outcome(Code.txBAD_SPONSORSHIP, [], [])
        return Outcome(Code.txSUCCESS, results, meta)

    def _apply_operation(self, operation: Operation, context: Context) -> bytes:
        check_supported(operation)
        if self._state.account(operation.source) is None:
            raise GeneralRefusal(OperationResultCode.opNO_ACCOUNT)
        operation.check()
        return operation.apply(context)

    def _context(
        self,
        transaction: Transaction,
        operation: Operation,
        index: int,
        sponsorships: dict[bytes, bytes],
    ) -> Context:
        return Context(
            self._state,
            self._rules,
            network_id=self._network_id,
            transaction_source=transaction.source,
            transaction_sequence=transaction.sequence,
            sponsorships=sponsorships,
            source=operation.source,
            index=index,
            events=OperationEvents(self._contracts, transaction.memo),
        )


def _pack_result(transaction: Transaction | FeeBump, fee: int, outcome: Outcome) -> bytes:
    if isinstance(transaction, FeeBump):
        return fee_bump_result(fee, transaction.inner.hash, outcome.code, outcome.results)
    return transaction_result(fee, outcome.code, outcome.results)
