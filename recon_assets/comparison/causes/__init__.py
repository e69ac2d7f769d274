"""Why values differ and rows are missing or extra.

Belongs here: finding the causes of differences that the comparison has found. Does not belong here: deciding
what differs (`comparison`), or showing causes (`reports`).
"""
