"""One fit carried through: its declaration, the service's client, the runner."""
