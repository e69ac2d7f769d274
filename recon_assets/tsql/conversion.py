"""Turning a value of one T-SQL type into another, as CAST, CONVERT, assignment and comparison do.

Belongs here: which conversions there are, their rounding, and the errors they raise (Transact-SQL reference,
"CAST and CONVERT"). Does not belong here: text of dates and times (`date_text`), or what types an operator or
function wants its operands in.
"""

from recon_assets.tsql import date_text, duck
from recon_assets.tsql.errors import (
    CONVERSION_FAILED,
    CONVERSION_OVERFLOWED_INT,
    CONVERSION_TO_INT_FAILED,
    OVERFLOW,
    UNIQUEIDENTIFIER_CONVERSION_FAILED,
    TSqlError,
    UnsupportedTSql,
    raising,
    refusing,
)
from recon_assets.tsql.timestamps import convert_temporal, datetime_ticks
from recon_assets.tsql.types import MAX, SqlType, decimal, varchar
from recon_assets.tsql.value import Value

_NUMBER = r"\s*[+-]?(\d+\.?\d*|\.\d+)\s*"
_FLOAT = r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"
_CP1252 = r"[\x00-\x7f\xa0-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*"
_UUID = r"\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?"
_MONEY_OVERFLOW = "Arithmetic overflow error converting expression to data type"


def convert(value: Value, to: SqlType, *, explicit: bool = False, safe: bool = False, style: int = 0) -> Value:
    """The value as `to`. `explicit` is CAST's leave (more pairs are allowed); with `safe` a value that can't be
    converted is NULL (TRY_CAST); `style` is CONVERT's third argument. Raises TSqlError 206 or 529 for pairs SQL
    Server doesn't convert, UnsupportedTSql for those not supported here."""
    source = value.type
    if value.is_null:
        return Value(f"CAST(NULL AS {to.duckdb})", to)
    if to.is_text:
        return _to_text(value, to, safe, style)
    if source.is_text and to.is_binary and explicit:
        return value.of(_text_to_binary(value, to, safe, style), to)
    if style and not (source.is_text and to.is_temporal):
        if not source.is_number:
            raise UnsupportedTSql(f"CONVERT style {style} from {source} to {to}")
        style = 0
    if source.name == to.name and source.name not in ("decimal", "datetime2", "time", "binary", "varbinary"):
        return value.of(value.sql, to)
    if to.is_number and (source.is_number or source.is_text):
        return value.of(_to_number(value, to, safe), to) if not source.is_text else Value(_parse(value, to, safe), to)
    if to.is_temporal and source.is_text:
        return Value(date_text.parse(value.sql, to, style, safe), to)
    if to.is_temporal and source.is_temporal:
        return Value(convert_temporal(value.sql, source, to), to)
    if to.name in ("datetime", "smalldatetime") and source.is_integer:
        return value.of(_days_to_date(value, to, safe), to)
    if explicit and source.name in ("datetime", "smalldatetime") and (to.is_integer or to.name == "float"):
        return value.of(duck.cast(_date_to_days(value, to), to.duckdb, safe=safe), to)
    if to.name == "uniqueidentifier" and source.is_text:
        return Value(_to_uuid(value.sql, safe), to)
    if to.is_binary and source.is_binary:
        return value.of(_fit_binary(value.sql, source, to), to)
    legacy_dates = any(t.name in ("datetime", "smalldatetime") for t in (source, to))
    if explicit and (to.is_binary or source.is_binary or (legacy_dates and (source.is_number or to.is_number))):
        raise UnsupportedTSql(f"conversion from {source} to {to}")
    if explicit:
        raise TSqlError(529, f"Explicit conversion from data type {source.name} to {to.name} is not allowed.")
    raise TSqlError(206, f"Operand type clash: {source.name} is incompatible with {to.name}")


def _days_to_date(value: Value, to: SqlType, safe: bool) -> str:
    """A whole number is days since 1900-01-01."""
    first, last = (-53690, 2958463) if to.name == "datetime" else (0, 65535)
    told = f"Arithmetic overflow error converting expression to data type {to.name}."
    outside = "NULL" if safe else raising(OVERFLOW, duck.text(told))
    return duck.bind(
        lambda n: (
            f"CASE WHEN {n} BETWEEN {first} AND {last} THEN TIMESTAMP '1900-01-01' + to_days(CAST({n} AS INTEGER))"
            f" WHEN {n} IS NOT NULL THEN {outside} END"
        ),
        value.typed(),
    )


def _date_to_days(value: Value, to: SqlType) -> str:
    """Days since 1900-01-01 with their fraction; an integer takes the nearer midnight."""
    epoch = datetime_ticks("TIMESTAMP '1900-01-01'")
    refusal = refusing(f"'{value.type} to {to} at noon, as far from either midnight: ' || {value.sql}")

    def body(ticks: str) -> str:
        if to.is_float:
            return f"({ticks} / 25920000.0::DOUBLE)"
        return (
            f"CASE WHEN ({ticks} + 25920000) % 25920000 = 12960000 THEN {refusal}"
            f" ELSE CAST(floor(({ticks} + 12960000) / 25920000) AS INTEGER) END"
        )

    return duck.bind(body, duck.bind(lambda x: f"({datetime_ticks(x)} - {epoch})", value.sql))


def _to_number(value: Value, to: SqlType, safe: bool) -> str:
    source, sql = value.type, value.sql
    if to.name == "bit":
        return f"({sql} <> 0)"
    if source.name == "bit":
        return duck.cast(duck.cast(sql, "INTEGER"), to.duckdb, safe=safe)
    if to.is_integer and not source.is_integer:
        # numbers with a fraction lose it, but money rounds ("Truncating and rounding results")
        sql = f"round({sql}, 0)" if source.is_money else f"trunc({sql})"
    elif to.is_float and source.name == "decimal" and source.precision > 15:
        sql = duck.cast(sql, "VARCHAR")  # DuckDB's direct way divides by a power of ten, rounding twice
    elif not to.is_float and not to.is_integer and source.is_float:
        return _float_to_decimal(sql, to, safe)
    elif source == to and to.name == "decimal":
        return sql
    return duck.cast(sql, to.duckdb, safe=safe)


def _float_to_decimal(sql: str, to: SqlType, safe: bool) -> str:
    """Through the digits, never through a binary multiplication. A double has 17 significant decimal digits; where
    rounding those and rounding its exact value differ, it isn't established which of them SQL Server rounds."""

    def body(x: str) -> str:
        x = duck.cast(x, "DOUBLE")
        digits = duck.cast(f"printf('%.16e', {x})", to.duckdb, safe=True)
        exact = duck.cast(f"printf('%.60f', {x})", to.duckdb, safe=True)
        refusal = refusing(f"'float to {to} of a number whose 17 digits round differently: ' || {x}")
        overflow = "NULL" if safe else raising(OVERFLOW, duck.text(f"{_MONEY_OVERFLOW} numeric."))
        return (
            f"CASE WHEN {x} IS NULL THEN NULL WHEN {digits} IS NULL OR {exact} IS NULL THEN {overflow}"
            f" WHEN {digits} <> {exact} THEN {refusal} ELSE {exact} END"
        )

    return duck.bind(body, sql)


def _parse(value: Value, to: SqlType, safe: bool) -> str:
    """A number from its text."""
    source = value.type.name

    def fail(number: int, message: str) -> str:
        return "NULL" if safe else raising(number, message)

    def body(x: str) -> str:
        blank = f"trim({x}) = ''"
        parsed = duck.cast(f"trim({x})", to.duckdb, safe=True)
        failed = fail(CONVERSION_FAILED, duck.text(f"Error converting data type {source} to {_told(to)}."))
        if to.name == "bit":
            return _parse_bit(x, fail, source)
        if to.is_integer:
            told = f"'The conversion of the {source} value ''' || {x} || ''' overflowed an {_column(to)} column.'"
            overflow = fail(CONVERSION_OVERFLOWED_INT if to.name == "int" else 244, told)
            if to.name == "bigint":
                overflow = fail(
                    OVERFLOW,
                    duck.text("Arithmetic overflow error converting expression to data type bigint."),
                )
            else:
                told = f"'Conversion failed when converting the {source} value ''' || {x} || ''' to data type {to}.'"
                failed = fail(CONVERSION_TO_INT_FAILED, told)
            sign_alone = refusing(f"'text to {to} of a sign without digits beside it: ' || {x}")
            return (
                f"CASE WHEN {x} IS NULL THEN NULL WHEN {blank} THEN CAST(0 AS {to.duckdb})"
                rf" WHEN regexp_full_match({x}, '\s*[+-]?\d+\s*') THEN coalesce({parsed}, {overflow})"
                rf" WHEN regexp_full_match({x}, '\s*[+-]\s*\d*\s*') THEN {sign_alone} ELSE {failed} END"
            )
        zero = "" if to.name == "decimal" else f" WHEN {blank} THEN CAST(0 AS {to.duckdb})"
        pattern = _FLOAT if to.is_float else _NUMBER
        told = f"Arithmetic overflow error converting {source} to data type {_told(to)}."
        overflow = fail(OVERFLOW, duck.text(told))
        if to.is_money:
            failed = fail(235, duck.text("Cannot convert a char value to money. The char value has incorrect syntax."))
            marks = refusing(f"'text with currency signs or commas to money: ' || {x}")
            failed = f"CASE WHEN regexp_matches({x}, '[,$£€()]') THEN {marks} ELSE {failed} END"
        return (
            f"CASE WHEN {x} IS NULL THEN NULL{zero} WHEN regexp_full_match({x}, {duck.text(pattern)})"
            f" THEN coalesce({parsed}, {overflow}) ELSE {failed} END"
        )

    return duck.bind(body, value.sql)


def _parse_bit(x: str, fail, source: str) -> str:
    failed = fail(
        CONVERSION_TO_INT_FAILED,
        f"'Conversion failed when converting the {source} value ''' || {x} || ''' to data type bit.'",
    )
    return (
        f"CASE WHEN {x} IS NULL THEN NULL WHEN lower(trim({x})) = 'true' THEN true"
        f" WHEN lower(trim({x})) = 'false' OR trim({x}) = '' THEN false"
        rf" WHEN regexp_full_match({x}, '\s*[+-]?\d+\s*') THEN regexp_matches({x}, '[1-9]') ELSE {failed} END"
    )


def _told(to: SqlType) -> str:
    return "numeric" if to.name == "decimal" else to.name


def _column(to: SqlType) -> str:
    return {"tinyint": "INT1", "smallint": "INT2"}.get(to.name, to.name)


def _to_uuid(sql: str, safe: bool) -> str:
    failed = "NULL"
    if not safe:
        failed = raising(
            UNIQUEIDENTIFIER_CONVERSION_FAILED,
            duck.text("Conversion failed when converting from a character string to uniqueidentifier."),
        )
    return duck.bind(
        lambda x: (
            f"CASE WHEN {x} IS NULL THEN NULL WHEN regexp_full_match(rtrim({x}, ' '), {duck.text(_UUID)})"
            f" THEN upper(translate(rtrim({x}, ' '), '{{}}', '')) ELSE {failed} END"
        ),
        sql,
    )


def _text_to_binary(value: Value, to: SqlType, safe: bool, style: int) -> str:
    """Style 0 takes the characters' bytes, 1 hexadecimal digits after 0x, 2 hexadecimal digits alone."""
    if value.type.is_unicode or to.name == "binary" or style not in (0, 1, 2):
        raise UnsupportedTSql(f"conversion from {value.type} to {to}, style {style}")
    bytes_ = SqlType("varbinary", length=MAX)
    if not style:
        refusal = refusing(f"'conversion to {to} of text beyond ASCII'")
        made = duck.bind(
            lambda x: f"CASE WHEN strlen({x}) > length({x}) THEN {refusal} ELSE encode({x}) END", value.sql
        )
        return _fit_binary(made, bytes_, to)
    failed = "NULL" if safe else raising(CONVERSION_FAILED, "'Error converting data type varchar to varbinary.'")
    pattern = "'(0[xX])?([0-9A-Fa-f]{2})*'" if style == 1 else "'([0-9A-Fa-f]{2})*'"
    needed = "lower(left({x}, 2)) = '0x' AND " if style == 1 else ""
    made = duck.bind(
        lambda x: (
            f"CASE WHEN {needed.format(x=x)}regexp_full_match({x}, {pattern})"
            f" THEN unhex(substring({x}, {3 if style == 1 else 1})) WHEN {x} IS NOT NULL THEN {failed} END"
        ),
        value.sql,
    )
    return _fit_binary(made, bytes_, to)


def _fit_binary(sql: str, source: SqlType, to: SqlType) -> str:
    if to.name == "binary" and source != to:
        raise UnsupportedTSql(f"conversion from {source} to {to}")  # pads with zero bytes
    if to.length == MAX or (source.length != MAX and source.length <= to.length):
        return sql
    return duck.bind(lambda x: f"unhex(left(hex({x}), {2 * to.length}))", sql)


# -- to text -----------------------------------------------------------------------------------------------------


def _to_text(value: Value, to: SqlType, safe: bool, style: int) -> Value:
    source = value.type
    if source.is_text:
        if style:
            raise UnsupportedTSql(f"CONVERT style {style} from {source} to {to}")
        return _text_to_text(value, to)
    natural, longest = text_of(value, style)
    if to.length == MAX or longest <= to.length:
        return value.of(_pad(natural, to), to)
    if source.is_temporal or source.is_binary:
        return value.of(_pad(f"left({natural}, {to.length})", to), to)
    if source.is_integer and not to.is_unicode:
        too_long = "'*'"
    elif safe:
        too_long = "NULL"
    elif source.name == "uniqueidentifier":
        too_long = raising(8170, "'Insufficient result space to convert uniqueidentifier value to char.'")
    else:
        told = f"Arithmetic overflow error converting {_told(source)} to data type {to.name}."
        too_long = raising(OVERFLOW, duck.text(told))
    return value.of(
        _pad(
            duck.bind(lambda x: f"CASE WHEN length({x}) > {to.length} THEN {too_long} ELSE {x} END", natural),
            to,
        ),
        to,
    )


def _text_to_text(value: Value, to: SqlType) -> Value:
    sql, source = value.sql, value.type
    if source.is_unicode and not to.is_unicode:
        if isinstance(value.constant, str):
            if not value.constant.isascii():
                raise UnsupportedTSql(f"conversion of N'{value.constant}' to {to}", remedy="write it without N")
        else:
            refusal = "'conversion to varchar of characters outside code page 1252: ' || "
            sql = duck.bind(
                lambda x: (
                    f"CASE WHEN {x} IS NULL OR strlen({x}) = length({x})"
                    f" OR regexp_full_match({x}, {duck.text(_CP1252)})"
                    f" THEN {x} ELSE {refusing(refusal + x)} END"
                ),
                sql,
            )
    if to.length != MAX and (source.length == MAX or source.length > to.length):
        return value.of(_pad(f"left({sql}, {to.length})", to), to)
    if not to.name.endswith("varchar") and source != to:
        return value.of(_pad(sql, to), to)
    constant = value.constant if to.is_unicode or not source.is_unicode else None
    return Value(sql, to, constant=constant, nullable=value.nullable)


def _pad(sql: str, to: SqlType) -> str:
    return sql if to.name.endswith("varchar") else f"rpad({sql}, {to.length}, ' ')"


def text_of(value: Value, style: int = 0) -> tuple[str, int]:
    """A non-text value as text, and the length it can have at most. Raises UnsupportedTSql for other styles."""
    source, sql = value.type, value.sql
    if source.is_temporal:
        return date_text.render(sql, source, style)
    if source.name == "uniqueidentifier" and not style:
        return sql, 36
    if source.is_binary and style in (1, 2):
        digits = f"hex({sql})" if style == 2 else f"'0x' || hex({sql})"
        return f"({digits})", MAX if source.length == MAX else 2 * source.length + 2 * (style == 1)
    if source.is_money and style in (1, 2):
        if style == 2:
            return f"CAST(CAST({sql} AS DECIMAL(19,4)) AS VARCHAR)", 21
        return f"format('{{:,.2f}}', CAST({sql} AS DECIMAL(19,2)))", 26
    if style or source.is_binary:
        raise UnsupportedTSql(f"CONVERT from {source} to text, style {style}")
    if source.name == "bit":
        return f"CAST(CAST({sql} AS INTEGER) AS VARCHAR)", 1
    if source.is_integer:
        return duck.cast(value.typed(), "VARCHAR"), {"tinyint": 3, "smallint": 6, "int": 11, "bigint": 20}[source.name]
    if source.is_money:
        return f"CAST(CAST({sql} AS DECIMAL(19,2)) AS VARCHAR)", 21
    if source.is_float:
        # style 0: six digits, scientific notation where appropriate, with three digits of exponent
        short = f"printf('%.6g', CAST({sql} AS DOUBLE))"
        return rf"regexp_replace({short}, 'e([+-])(\d\d)$', 'e\10\2')", 13
    if source.precision == source.scale:
        # DuckDB prints DECIMAL(2,2) as .50
        wide = decimal(min(source.precision + 1, 38), source.scale)
        if wide == source:
            raise UnsupportedTSql(f"{source} to text")
        return duck.cast(duck.cast(sql, wide.duckdb), "VARCHAR"), source.precision + 3
    return duck.cast(duck.cast(sql, source.duckdb), "VARCHAR"), source.precision + 2


def as_text(value: Value) -> Value:
    """The value as varchar (nvarchar stays) of the length it can have, as CONCAT and string functions take it."""
    if value.type.is_text:
        return value
    if value.is_null:
        return Value("CAST(NULL AS VARCHAR)", varchar(1))
    natural, longest = text_of(value)
    return value.of(natural, varchar(longest))
