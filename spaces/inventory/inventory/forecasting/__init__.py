"""What will be wanted on the next days: models, the choice among them, and their versions in service."""
