"""Manage data: small named values kept with an account."""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.xdr import ManageDataResultCode as Code

from server.localnet.ledger.addresses import is_text
from server.localnet.ledger.assets import arm
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import DataEntry
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.sponsorship import create_entry, remove_entry


class ManageData(Operation):
    kind = xdr.OperationType.MANAGE_DATA

    __slots__ = ("name", "value")

    name: bytes
    value: bytes | None

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.manage_data_op)
        self.name = source.data_name.string64
        self.value = None if source.data_value is None else source.data_value.data_value

    def check(self) -> None:
        if not self.name or not is_text(self.name):
            raise Refusal(Code.MANAGE_DATA_INVALID_NAME)

    def apply(self, context: Context) -> bytes:
        entry = context.state.data(self.source, self.name)
        if self.value is None:
            if entry is None:
                raise Refusal(Code.MANAGE_DATA_NAME_NOT_FOUND)
            remove_entry(context.state, entry)
        elif entry is None:
            created = DataEntry(self.source, self.name, self.value)
            create_entry(context, created, Code.MANAGE_DATA_LOW_RESERVE)
        else:
            context.state.edit(entry).value = self.value
        return b""
