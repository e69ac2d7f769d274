"""Showing that a comparison's record still holds, and that the comparison finds faults in that very data.

Belongs here: comparing again (`reproduction`), choosing known faults and the rows to plant them in (`fields` to
`batches`), planting them and checking that each is found (`trial`). Does not belong here: comparing (the package
above), or showing a proof (`cli`). What must be found is worked out from docs/rules.md in plain Python, never by the
code that is on trial.
"""

from recon_assets.comparison.proof.proving import Proof, prove

__all__ = ["Proof", "prove"]
