"""Numbers that differ by no more than binary fractions do.

Belongs here: differences of a few units in the last place of a REAL or a DOUBLE, also of decimals that passed through
one. Does not belong here: rounding to a number of decimals (`rounding`).
"""

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Operands

_ULPS = (1, 4, 64, 1024)


def ulp(value: str, float_type: str) -> str:
    """SQL: one unit in the last place of a float."""
    return f"(nextafter(abs({value}), CAST('inf' AS {float_type})) - abs({value}))"


def _guesses(operands: Operands, _: Sampled) -> list[Guess]:
    x, y = operands.doubles
    types = (operands.column.source_type, operands.column.target_type)
    guesses = []
    if types == ("FLOAT", "FLOAT"):
        guesses += _within("REAL", operands.a, operands.b, "FLOAT")
    elif operands.is_float:
        guesses += _within("DOUBLE", x, y, "DOUBLE")
    for d in operands.directions(x, y):
        if d.after_type != "DOUBLE" and operands.is_float and d.after_type != "FLOAT":
            continue
        if operands.is_float and types != ("FLOAT", "FLOAT"):
            detail = f"the {d.after} is the {d.before} as a REAL holds it"
            guesses.append(Guess("float_noise", detail, f"{d.y} = CAST(TRY_CAST({d.x} AS FLOAT) AS DOUBLE)"))
    if not operands.is_float and operands.exact is not None:
        guesses += _through_floats(operands)
    return guesses


def _within(name: str, x: str, y: str, float_type: str) -> list[Guess]:
    size = f"greatest(abs({x}), abs({y}))"
    return [
        Guess(
            "float_noise",
            f"the two differ by at most {n} unit{'s' * (n > 1)} in the last place of a {name}",
            f"isfinite({x}) AND isfinite({y}) AND abs({x} - {y}) <= {n} * {ulp(size, float_type)}",
        )
        for n in _ULPS
    ]


def _through_floats(operands: Operands) -> list[Guess]:
    """Exact numbers that one side holds as a float would, rounded to their type."""
    exact = operands.exact
    guesses = []
    for d in operands.directions(exact.x, exact.y):
        for name, float_type in (("DOUBLE", "DOUBLE"), ("REAL", "FLOAT")):
            near = f"CAST(CAST({d.x} AS VARCHAR) AS {float_type})"
            shortest = f"TRY_CAST(CAST({near} AS VARCHAR) AS {exact.type})"
            value = f"TRY_CAST(CAST(CAST({near} AS DOUBLE) AS VARCHAR) AS {exact.type})"
            whole = (
                f"({near} = trunc({near}) AND {d.y} % 1 = 0 AND TRY_CAST({near} AS HUGEINT) = CAST({d.y} AS HUGEINT))"
            )
            detail = f"the {d.after} is the {d.before} as a {name} holds it"
            guesses.append(Guess("float_noise", detail, f"{d.y} IN ({shortest}, {value}) OR {whole}"))
    return guesses


FINDERS = [Finder(_guesses)]
