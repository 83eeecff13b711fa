"""The rules of the embedded network's ledger: synchronous, single-threaded, no I/O but disk.py."""
