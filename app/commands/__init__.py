"""The commands, a file a family; `app.cli` puts them on one tree. Heavy imports stand inside the commands that need them."""
