"""Placeholder by the lead so that the engine imports; the value-causes room overwrites this whole file."""

from recon_assets.comparison.result import Cause


def discover(connection, pairs, columns, sides=None):
    return []


def rank(differences, explained, rest):
    rows, samples = rest
    return [Cause("unexplained", "no known cause", rows, rows / differences, samples)] if rows else []
