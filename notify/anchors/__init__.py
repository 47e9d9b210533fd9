"""Where checkpoints are put outside the database, each kind a plug-in of its own."""
