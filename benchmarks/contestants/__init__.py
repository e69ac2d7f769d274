"""The contestants that aren't ours, each a process: `python -m benchmarks.contestants.NAME SOURCE TARGET ANSWER …`.

Belongs here: one module per contestant that reads the two tables, counts and writes its answer (`benchmarks.answer`),
written the way the tool's own documentation shows. Does not belong here: measuring, and knowing what was planted.
"""
