"""Decides what runs and in what order; owns the stack and the `dreamseed` command."""
