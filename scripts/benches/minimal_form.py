"""The least that a form in Textual can be: the measure for the wallet's start."""

from textual.app import App, ComposeResult
from textual.widgets import Button, DataTable, Footer, Header, Input


class MinimalForm(App[None]):
    CSS = "DataTable { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(placeholder="name")
        yield DataTable[str]()
        yield Button("Send it")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("when", "who", "amount")
        table.add_rows([(str(row), f"person {row}", f"{row}.00") for row in range(50)])


if __name__ == "__main__":
    MinimalForm().run()
