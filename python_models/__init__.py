"""Carries one fit through: warehouse out, R service, checks and gates, warehouse in."""
