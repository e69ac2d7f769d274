"""How fast, how flat and how right `recon compare` is, beside its yardsticks and peers, as ratios within one run.

Belongs here: generated data with planted differences, the contestants, measuring them and the tables. Does not belong
here: tests of correctness (`recon_assets_tests`), and anything the package itself needs.
"""
