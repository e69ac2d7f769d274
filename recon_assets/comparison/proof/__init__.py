"""Showing that a comparison's record still holds, and that the comparison finds faults in that very data.

Belongs here: comparing again (`reproduction`), choosing and planting known faults (`fields` to `plan`), and checking that
each is found (`trial`). Does not belong here: comparing (the packages above), or showing a proof (`cli`). What is to be
found is worked out here from docs/rules.md in plain Python, never by the code that is on trial.
"""

from recon_assets.comparison.proof.proving import Proof, prove

__all__ = ["Proof", "prove"]
