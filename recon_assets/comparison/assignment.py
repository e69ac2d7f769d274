"""The cheapest way to pair the rows of one group.

Belongs here: the assignment problem, for small dense matrices of exact (any size) integers. Does not belong
here: what a pair costs.
"""


def cheapest_pairs(costs: list[list[int]]) -> list[tuple[int, int]]:
    """Pairs (row, column), as many as the shorter side has, of least total cost; O(n²m), Hungarian method.

    `costs[i][j]` is what pairing row i with column j costs; every row is of one length.
    """
    if len(costs) > len(costs[0]):
        transposed = [list(column) for column in zip(*costs, strict=True)]
        return sorted((i, j) for j, i in cheapest_pairs(transposed))
    n, m = len(costs), len(costs[0])
    row_price = [0] * (n + 1)
    column_price = [0] * (m + 1)
    row_of = [0] * (m + 1)  # row_of[j]: the row (from 1) that column j is paired with; 0 is none
    for row in range(1, n + 1):
        row_of[0], column = row, 0
        least: list[int | None] = [None] * (m + 1)
        came_from = [0] * (m + 1)
        visited = [False] * (m + 1)
        while row_of[column] != 0:
            visited[column] = True
            here, step, following = row_of[column], None, 0
            for j in range(1, m + 1):
                if visited[j]:
                    continue
                reduced = costs[here - 1][j - 1] - row_price[here] - column_price[j]
                if least[j] is None or reduced < least[j]:
                    least[j], came_from[j] = reduced, column
                if step is None or least[j] < step:
                    step, following = least[j], j
            for j in range(m + 1):
                if visited[j]:
                    row_price[row_of[j]] += step
                    column_price[j] -= step
                elif least[j] is not None:
                    least[j] -= step
            column = following
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return sorted((row_of[j] - 1, j - 1) for j in range(1, m + 1) if row_of[j])
