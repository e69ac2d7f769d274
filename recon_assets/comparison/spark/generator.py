"""Writes the plan's SQL for Spark where sqlglot's own Spark dialect would not, or not rightly.

Belongs here: what each construct becomes. Does not belong here: what is the same on both engines (`proven`), how casts
(`casts`), times (`moments`), patterns (`regex`) and letters (`letters`) are made alike.
"""

from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ErrorLevel
from sqlglot.generators.spark import SparkGenerator

from recon_assets.comparison.spark import casts, moments, regex, text
from recon_assets.comparison.spark.kinds import EXACT, FLOATS, WHOLE, WIDE, has_wide, is_own_text, type_of
from recon_assets.comparison.spark.letters import Mapping, letters
from recon_assets.comparison.spark.proven import refused

_TYPES = {
    exp.DType.BOOLEAN: "BOOLEAN",
    exp.DType.TINYINT: "TINYINT",
    exp.DType.SMALLINT: "SMALLINT",
    exp.DType.INT: "INT",
    exp.DType.BIGINT: "BIGINT",
    exp.DType.INT128: "DECIMAL(38,0)",
    exp.DType.UINT128: "DECIMAL(38,0)",
    exp.DType.FLOAT: "FLOAT",
    exp.DType.DOUBLE: "DOUBLE",
    exp.DType.DECIMAL: "DECIMAL",
    exp.DType.TEXT: "STRING",
    exp.DType.DATE: "DATE",
    exp.DType.TIMESTAMPNTZ: "TIMESTAMP_NTZ",
    exp.DType.TIMESTAMPTZ: "TIMESTAMP",
    exp.DType.TIME: "TIME",
}
_MOMENTS = (exp.DType.DATE, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMPTZ)
_CASTS = (
    dict.fromkeys((exp.DType.BOOLEAN, *WHOLE), ((exp.DType.BOOLEAN, *WHOLE), casts.whole))
    | dict.fromkeys((*WIDE, exp.DType.DECIMAL), (EXACT, casts.exact))
    | dict.fromkeys(FLOATS, ((*EXACT, *FLOATS), casts.number))
    | dict.fromkeys(_MOMENTS, (_MOMENTS, casts.moment))
    | {exp.DType.TIME: ((exp.DType.TIME,), casts.time)}
)
"""What casts to a type are of, and how that is seen to where only Spark knows."""
_TRIED: dict[type[exp.Expr], str] = {exp.Add: "try_add", exp.Sub: "try_subtract", exp.Mul: "try_multiply"}
_CAN_BE_TRIED = (*_TRIED, exp.Abs, exp.Cast, exp.Column, exp.Identifier, exp.Literal, exp.Paren)

ARGUMENTS: dict[type[exp.Expr], str] = {
    exp.Identifier: "this quoted",
    exp.Literal: "this is_string",
    exp.Cast: "this to",
    exp.TryCast: "this to safe",
    exp.DataTypeParam: "this",
    exp.Try: "this",
    exp.Add: "this expression",
    exp.Sub: "this expression",
    exp.Mul: "this expression",
    exp.Abs: "this",
    exp.Neg: "this",
    exp.IntDiv: "this expression",
    exp.Mod: "this expression",
    exp.DPipe: "this expression safe",
    exp.ConcatWs: "expressions safe coalesce",
    exp.Hex: "this",
    exp.LowerHex: "this",
    exp.Lower: "this",
    exp.Upper: "this",
    exp.Trim: "this expression position",
    exp.Substring: "this start length",
    exp.Left: "this expression",
    exp.RegexpFullMatch: "this expression",
    exp.RegexpLike: "this expression",
    exp.RegexpExtract: "this expression group null_if_pos_overflow",
    exp.RegexpReplace: "this expression replacement single_replace",
    exp.ArraySort: "this nulls_first",
    exp.Bracket: "this expressions",
    exp.Window: "this partition_by order over",
}
"""What is written here, with the arguments it may have."""

FUNCTIONS = {"isfinite", "epoch_us", "timezone"}
"""The same of functions that sqlglot doesn't know."""


class Generator(SparkGenerator):
    """sqlglot's generator for Spark with what `ARGUMENTS` and `FUNCTIONS` name written anew."""

    TRANSFORMS: ClassVar = {key: value for key, value in SparkGenerator.TRANSFORMS.items() if key not in ARGUMENTS}

    def __init__(self) -> None:
        super().__init__(dialect=Spark, identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
        self._trying = False

    def identifier_sql(self, expression: exp.Identifier) -> str:
        return text.name(expression.name)

    def literal_sql(self, expression: exp.Literal) -> str:
        return text.quoted(expression.name) if expression.is_string else expression.name

    # casts

    def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
        safe = isinstance(expression, exp.TryCast) or self._trying
        wanted, value, sql = expression.to, expression.this.unnest(), self.sql(expression, "this")
        if wanted.this not in _TYPES or (wanted.this == exp.DType.DECIMAL and len(wanted.expressions) != 2):
            raise refused(expression, f"the type {wanted.sql('duckdb')}")
        digits = f"({','.join(each.name for each in wanted.expressions)})" if wanted.expressions else ""
        cast = f"{'TRY_CAST' if safe else 'CAST'}({sql} AS {_TYPES[wanted.this]}{digits})"
        have = type_of(value)
        if isinstance(value, exp.Null):
            return cast
        if wanted.this == exp.DType.TEXT:
            return _text_of(value, sql)
        if is_own_text(value) and (wanted.this in FLOATS or wanted.this in EXACT):
            return cast
        if isinstance(value, exp.Literal) and value.is_string and wanted.this in _MOMENTS:
            return cast
        if wanted.this in WIDE and have in FLOATS and safe:
            return casts.double_to_whole(sql)
        types, check = _CASTS[wanted.this]
        if have is not None and have not in types:
            raise refused(expression, f"a cast of {have.value} to {wanted.sql('duckdb')}")
        return cast if have else check(sql, cast)

    def trycast_sql(self, expression: exp.TryCast) -> str:
        return self.cast_sql(expression)

    def try_sql(self, expression: exp.Try) -> str:
        for node in expression.this.walk():
            if not isinstance(node, (*_CAN_BE_TRIED, exp.DataType, exp.DataTypeParam)):
                raise refused(expression, f"TRY of {type(node).__name__}")
        self._trying = True
        sql = self.sql(expression, "this")
        self._trying = False
        return sql

    # numbers

    def add_sql(self, expression: exp.Add) -> str:
        if expression.expression.name == "0":  # which is there to make -0.0 0.0; Spark would make a REAL a double, too
            value = self.sql(expression, "this")
            return f"CASE WHEN {value} = 0 THEN abs({value}) ELSE {value} END"
        return self._arithmetic(expression, "+")

    def sub_sql(self, expression: exp.Sub) -> str:
        return self._arithmetic(expression, "-")

    def mul_sql(self, expression: exp.Mul) -> str:
        if has_wide(expression) and not _keeps_38_digits(expression):
            raise refused(expression, "a product of HUGEINTs that may have more than 38 digits")
        return self._arithmetic(expression, "*")

    def _arithmetic(self, expression: exp.Binary, operator: str) -> str:
        a, b = self.sql(expression, "this"), self.sql(expression, "expression")
        # the sum of two HUGEINTs may have 39 digits; NULL then is no answer, as to whether it is within some limit
        tried = self._trying or has_wide(expression)
        sql = f"{_TRIED[type(expression)]}({a}, {b})" if tried else f"{a} {operator} {b}"
        types = {type_of(expression.this), type_of(expression.expression)}
        if types == {exp.DType.FLOAT} or not types & {None, exp.DType.FLOAT}:
            return sql
        return casts.without_mixed_floats(a, b, sql)

    def abs_sql(self, expression: exp.Abs) -> str:
        return self._with_sign(expression, "abs({0})", "CASE WHEN d < 0 THEN d - d - d ELSE d END")

    def neg_sql(self, expression: exp.Neg) -> str:
        if isinstance(expression.this, exp.Literal):
            return f"-{self.sql(expression, 'this')}"
        return self._with_sign(expression, "(-{0})", "d - d - d")

    def _with_sign(self, expression: exp.Unary, of_float: str, of_others: str) -> str:
        """Spark's own abs and minus round decimals to 34 digits."""
        value, have = self.sql(expression, "this"), type_of(expression.this)
        if have in FLOATS:
            return of_float.format(value)
        others = casts.let(value, "d", of_others)
        if have:
            return others
        return f"CASE WHEN typeof({value}) IN ('float', 'double') THEN {of_float.format(value)} ELSE {others} END"

    def intdiv_sql(self, expression: exp.IntDiv) -> str:
        divisor, sql = _divisor(expression), self.sql(expression, "this")
        if not has_wide(expression):
            return f"({casts.whole(sql, f'{sql} DIV {divisor}')})"
        power = len(str(divisor)) - 1
        if divisor != 10**power:
            raise refused(expression, "HUGEINT divided by anything but a power of ten")
        # a product with 0.001 has the very digits of the quotient, which `/` rounds and DIV cuts to a BIGINT
        shifted = f"({sql}) * CAST('1E-{power}' AS DECIMAL({power},{power}))" if power else sql
        return f"CAST(CASE WHEN {sql} < 0 THEN ceil({shifted}) ELSE floor({shifted}) END AS DECIMAL(38,0))"

    def mod_sql(self, expression: exp.Mod) -> str:
        _divisor(expression)
        return f"{self.sql(expression, 'this')} % {self.sql(expression, 'expression')}"

    # text

    def dpipe_sql(self, expression: exp.DPipe) -> str:
        sides = (expression.this, expression.expression)
        return f"concat({', '.join(_text_of(side, self.sql(side)) for side in sides)})"

    def concatws_sql(self, expression: exp.ConcatWs) -> str:
        return f"concat_ws({', '.join(_text_of(part, self.sql(part)) for part in expression.expressions)})"

    def hex_sql(self, expression: exp.Hex | exp.LowerHex) -> str:
        value = self.sql(expression, "this")
        return casts.only(value, "binary", f"hex({value})", "hexadecimal digits")

    def lowerhex_sql(self, expression: exp.LowerHex) -> str:
        return f"lower({self.hex_sql(expression)})"

    def lower_sql(self, expression: exp.Lower) -> str:
        value = expression.this
        if isinstance(value, exp.Upper):
            return self._mapped("both", value.this)
        return self._mapped("lower", value)

    def upper_sql(self, expression: exp.Upper) -> str:
        return self._mapped("upper", expression.this)

    def _mapped(self, mapping: Mapping, value: exp.Expr) -> str:
        sql, (before, after) = self.sql(value), letters(mapping)
        ascii_only = f"{'upper' if mapping == 'upper' else 'lower'}({sql})"
        mapped = f"translate({sql}, {text.quoted(before)}, {text.quoted(after)})"
        return f"CASE WHEN octet_length({sql}) = char_length({sql}) THEN {ascii_only} ELSE {mapped} END"

    def trim_sql(self, expression: exp.Trim) -> str:
        position = expression.args.get("position") or "BOTH"
        return f"trim({position} {_literal(expression, 'expression', self)} FROM {self.sql(expression, 'this')})"

    def substring_sql(self, expression: exp.Substring) -> str:
        start, length = (_count(expression, key) for key in ("start", "length"))
        return f"substring({self.sql(expression, 'this')}, {start}, {length})"

    def left_sql(self, expression: exp.Left) -> str:
        return f"left({self.sql(expression, 'this')}, {_count(expression, 'expression')})"

    # patterns

    def regexpfullmatch_sql(self, expression: exp.RegexpFullMatch) -> str:
        return f"({self.sql(expression, 'this')} RLIKE {text.quoted(regex.whole(_pattern(expression)))})"

    def regexplike_sql(self, expression: exp.RegexpLike) -> str:
        return f"({self.sql(expression, 'this')} RLIKE {text.quoted(regex.java_pattern(_pattern(expression)))})"

    def regexpextract_sql(self, expression: exp.RegexpExtract) -> str:
        pattern = text.quoted(regex.java_pattern(_pattern(expression)))
        return f"regexp_extract({self.sql(expression, 'this')}, {pattern}, {self.sql(expression, 'group') or 0})"

    def regexpreplace_sql(self, expression: exp.RegexpReplace) -> str:
        pattern = text.quoted(regex.first_match(_pattern(expression)))
        replacement = text.quoted(regex.first_replacement(_text_literal(expression, "replacement")))
        return f"regexp_replace({self.sql(expression, 'this')}, {pattern}, {replacement})"

    # the rest

    def arraysort_sql(self, expression: exp.ArraySort) -> str:
        entries = expression.this
        if not isinstance(entries, exp.Anonymous) or entries.name.lower() != "map_entries":
            raise refused(expression, "sorting anything but a map's entries")
        return f"array_sort({self.sql(entries)})"

    def bracket_sql(self, expression: exp.Bracket) -> str:
        field = expression.expressions[0]
        if not isinstance(field, exp.Literal) or not field.is_string:
            raise refused(expression, "an element of a list")
        return f"{self.sql(expression, 'this')}[{self.sql(field)}]"

    def window_sql(self, expression: exp.Window) -> str:
        if not isinstance(expression.this, exp.RowNumber):
            raise refused(expression, f"{type(expression.this).__name__} over a window")
        if not expression.args.get("order"):  # which Spark insists on
            order = exp.Order(expressions=[exp.Ordered(this=exp.Null(), nulls_first=True)])
            expression = expression.copy()
            expression.set("order", order)
        return super().window_sql(expression)

    def anonymous_sql(self, expression: exp.Anonymous) -> str:
        function = expression.name.lower()
        arguments = [self.sql(each) for each in expression.expressions]
        if function == "isfinite":  # NaN is greater than infinity, and NULL stays NULL
            return f"(abs({arguments[0]}) < CAST('Infinity' AS DOUBLE))"
        if function == "epoch_us":
            count = moments.microseconds(arguments[0])
            return count if type_of(expression.expressions[0]) in _MOMENTS else casts.moment(arguments[0], count)
        if function == "timezone":
            return self._timezone(expression)
        return f"{function}({', '.join(arguments)})"

    def _timezone(self, expression: exp.Anonymous) -> str:
        zone, value = expression.expressions
        if not isinstance(zone, exp.Literal) or isinstance(value.unnest(), exp.Anonymous):
            raise refused(expression, "timezone of anything but a literal zone and a column or cast")
        makers = {exp.DType.TIMESTAMPTZ: moments.clock, exp.DType.TIMESTAMPNTZ: moments.instant, None: moments.either}
        if type_of(value) not in makers:
            raise refused(expression, "timezone of no timestamp")
        return makers[type_of(value)](zone.name, self.sql(value))


def _text_of(value: exp.Expr, sql: str) -> str:
    """The text of a value, as short as what is known of its type allows."""
    have = type_of(value)
    if have == exp.DType.TEXT:
        return sql
    if have is None:
        return casts.text(sql)
    if have not in casts.TEXTS:
        raise refused(value, f"the text of {have.value}")
    return casts.TEXTS[have](f"CAST({sql} AS STRING)")


def _keeps_38_digits(product: exp.Mul) -> bool:
    """Whether it is a share of a number, m * (x // n) with m up to n, or such a share of what division leaves."""
    factor, other = product.this.unnest(), product.expression.unnest()
    if not isinstance(other, (exp.IntDiv, exp.Mod)) or not isinstance(factor, exp.Cast):
        return False
    literal = factor.this
    if not isinstance(literal, exp.Literal) or not literal.is_int:
        return False
    limit = _divisor(other) if isinstance(other, exp.IntDiv) else 10**38 // _divisor(other)
    return int(literal.name) <= limit


def _divisor(expression: exp.Binary) -> int:
    """A divisor that is known not to be zero, which is NULL on one engine and an error on the other."""
    divisor = expression.expression.unnest()
    literal = divisor.this if isinstance(divisor, exp.Cast) else divisor
    if not isinstance(literal, exp.Literal) or not literal.is_int or not int(literal.name):
        raise refused(expression, "division by anything but a whole number that is not 0")
    return int(literal.name)


def _text_literal(expression: exp.Expr, key: str) -> str:
    literal = expression.args.get(key)
    if not isinstance(literal, exp.Literal) or not literal.is_string:
        raise refused(expression, f"{type(expression).__name__} without a literal {key}")
    return literal.name


def _pattern(expression: exp.Expr) -> str:
    return _text_literal(expression, "expression")


def _literal(expression: exp.Expr, key: str, generator: Generator) -> str:
    _text_literal(expression, key)
    return generator.sql(expression, key)


def _count(expression: exp.Expr, key: str) -> int:
    """A place or number of characters, from 1 on."""
    literal = expression.args.get(key)
    if not isinstance(literal, exp.Literal) or not literal.is_int or not int(literal.name):
        raise refused(expression, f"{type(expression).__name__} without a {key} from 1 on")
    return int(literal.name)
