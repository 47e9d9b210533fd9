"""`yuanshou verify`: every byte of the ledger read and hashed again, and held against what was signed (`docs/ledger.md`, Verify).

`rows` hashes rows, `trunk` the tree over them, `claims` reads what checkpoints and anchors say; `piece` puts them together for a part of
the ledger, `whole` for all of it; `diagnosis` tells what happened to a row that does not hold.
"""
