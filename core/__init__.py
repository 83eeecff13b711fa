"""The rules that server and wallet share: pure, the standard library and msgspec only."""
