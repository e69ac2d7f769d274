"""String functions.

Belongs here: one function per T-SQL function, from translated arguments to a translated result, and the table
that names them with how many arguments they take. Does not belong here: STRING_AGG (`aggregates`), conversion.
"""

from recon_assets.tsql import collation, duck
from recon_assets.tsql.conversion import as_text, convert
from recon_assets.tsql.errors import INVALID_LENGTH, UnsupportedTSql, raising, refusing
from recon_assets.tsql.types import BIGINT, INT, MAX, SqlType, nvarchar, varchar
from recon_assets.tsql.value import Value, text_constant


def _like(value: Value, length: int) -> SqlType:
    """varchar or nvarchar, as the value is, of that length."""
    return (nvarchar if value.type.is_unicode else varchar)(length)


def _longest(value: Value) -> int:
    """The length of a string function's result that has no better bound."""
    return MAX if value.type.length == MAX else (4000 if value.type.is_unicode else 8000)


def _varying(value: Value) -> SqlType:
    return _like(value, value.type.length)


def _counted(value: Value) -> str:
    """The text, where its characters can be counted as SQL Server counts them: UTF-16 code units."""
    if not value.type.is_unicode or (isinstance(value.constant, str) and value.constant.isascii()):
        return value.sql
    refusal = refusing("'counting characters of text with supplementary characters'")
    return duck.bind(
        lambda x: rf"CASE WHEN regexp_matches({x}, '[\x{{10000}}-\x{{10FFFF}}]') THEN {refusal} ELSE {x} END", value.sql
    )


def _int(value: Value) -> str:
    return convert(value, INT).typed()


def _length_of(type_: SqlType) -> SqlType:
    return BIGINT if type_.length == MAX else INT


def _len(x: Value) -> Value:
    x = as_text(x)
    type_ = _length_of(x.type)
    return x.of(f"CAST(length(rtrim({_counted(x)}, ' ')) AS {type_.duckdb})", type_)


def _datalength(x: Value) -> Value:
    if x.is_null:
        return Value("CAST(NULL AS INTEGER)", INT)
    if x.type.is_text:
        type_ = _length_of(x.type)
        size = f"length({_counted(x)}){' * 2' if x.type.is_unicode else ''}"
        return x.of(f"CAST({size} AS {type_.duckdb})", type_)
    if x.type.is_binary:
        return x.of(f"CAST(octet_length({x.sql}) AS {_length_of(x.type).duckdb})", _length_of(x.type))
    sizes = {"bit": 1, "tinyint": 1, "smallint": 2, "int": 4, "bigint": 8, "smallmoney": 4, "money": 8, "real": 4}
    sizes |= {"float": 8, "date": 3, "smalldatetime": 4, "datetime": 8, "uniqueidentifier": 16}
    if x.type.name == "decimal":
        size = next(size for digits, size in ((9, 5), (19, 9), (28, 13), (38, 17)) if x.type.precision <= digits)
    elif x.type.name in ("datetime2", "time"):
        size = (6 if x.type.name == "datetime2" else 3) + (0 if x.type.scale < 3 else 1 if x.type.scale < 5 else 2)
    else:
        size = sizes[x.type.name]
    return x.of(f"CASE WHEN {x.sql} IS NOT NULL THEN {size} END", INT)


def _left(x: Value, n: Value) -> Value:
    return _end("left", x, n, INVALID_LENGTH, "LEFT or SUBSTRING")


def _right(x: Value, n: Value) -> Value:
    return _end("right", x, n, 536, "RIGHT")


def _end(function: str, x: Value, n: Value, number: int, told: str) -> Value:
    x = as_text(x)
    text = _counted(x)
    if isinstance(n.constant, int) and n.constant >= 0:
        length = n.constant if x.type.length == MAX else min(n.constant, x.type.length)
        return x.of(f"{function}({text}, {n.constant})", _like(x, max(length, 1)))
    failed = raising(number, f"'Invalid length parameter passed to the {told} function.'")
    sql = duck.bind(
        lambda t, k: f"CASE WHEN {t} IS NULL THEN NULL WHEN {k} < 0 THEN {failed} ELSE {function}({t}, {k}) END",
        text,
        _int(n),
    )
    return Value(sql, _varying(x))


def _substring(x: Value, start: Value, length: Value) -> Value:
    if x.type.is_binary:
        raise UnsupportedTSql("SUBSTRING of binary")
    x = as_text(x)
    text = _counted(x)
    if isinstance(start.constant, int) and isinstance(length.constant, int) and start.constant > 0 <= length.constant:
        longest = length.constant if x.type.length == MAX else min(length.constant, x.type.length)
        return x.of(f"substring({text}, {start.constant}, {length.constant})", _like(x, max(longest, 1)))
    failed = raising(INVALID_LENGTH, "'Invalid length parameter passed to the LEFT or SUBSTRING function.'")
    sql = duck.bind(
        lambda t, s, n: (
            f"CASE WHEN {t} IS NULL OR {s} IS NULL THEN NULL WHEN {n} < 0 THEN {failed}"
            f" ELSE substring({t}, greatest({s}, 1), greatest(0, {n} + least({s}, 1) - 1)) END"
        ),
        text,
        duck.cast(_int(start), "BIGINT"),
        duck.cast(_int(length), "BIGINT"),
    )
    longest = length.constant if isinstance(length.constant, int) and length.constant > 0 else x.type.length
    return Value(sql, _like(x, longest if x.type.length == MAX else min(longest, x.type.length)))


def trim(x: Value, characters: Value | None = None, side: str = "") -> Value:
    """TRIM([LEADING | TRAILING] [characters FROM] x)."""
    x = as_text(x)
    if characters is not None and not (isinstance(characters.constant, str) and characters.constant.isascii()):
        raise UnsupportedTSql("TRIM of characters that are not an ASCII constant")
    if characters is not None and characters.constant.lower() != characters.constant.upper():
        raise UnsupportedTSql("TRIM of letters")  # the collation's case-insensitivity applies
    given = characters.sql if characters else "' '"
    function = {"": "trim", "LEADING": "ltrim", "TRAILING": "rtrim", "BOTH": "trim"}[side]
    return x.of(f"{function}({x.sql}, {given})", _varying(x))


def _ltrim(x: Value) -> Value:
    return trim(x, side="LEADING")


def _rtrim(x: Value) -> Value:
    return trim(x, side="TRAILING")


def _upper(x: Value) -> Value:
    x = as_text(x)
    return x.of(f"upper({x.sql})", x.type)


def _lower(x: Value) -> Value:
    x = as_text(x)
    return x.of(f"lower({x.sql})", x.type)


def _replace(x: Value, old: Value, new: Value) -> Value:
    """The collation finds `old` whatever its case."""
    x, old, new = _of_one_kind(x, old, new)
    longest = _longest(x)
    checked = f"CASE WHEN {collation.fold(old.sql, trim=False)} IS NULL THEN NULL ELSE regexp_escape({old.sql}) END"

    def body(text: str, pattern: str, by: str) -> str:
        replaced = rf"regexp_replace({text}, {pattern}, replace({by}, '\', '\\'), 'gi')"
        known = collation.fold(text, trim=False)
        return (
            f"CASE WHEN {known} IS NULL OR {pattern} IS NULL OR {by} IS NULL THEN NULL"
            f" WHEN {pattern} = '' THEN {text} ELSE {replaced} END"
        )

    sql = duck.bind(body, x.sql, checked, new.sql)
    return Value(sql if longest == MAX else f"left({sql}, {longest})", _like(x, longest))


def _of_one_kind(*values: Value) -> list[Value]:
    texts = [as_text(value) for value in values]
    if any(t.type.is_unicode for t in texts):
        texts = [t if t.type.is_unicode else convert(t, nvarchar(t.type.length)) for t in texts]
    return texts


def _charindex(sought: Value, x: Value, start: Value | None = None) -> Value:
    type_ = _length_of(x.type) if x.type.is_text else INT
    sought, x = _of_one_kind(sought, x)

    def body(needle: str, text: str, first: str) -> str:
        found = f"strpos(substring({text}, {first}), {needle})"
        return (
            f"CASE WHEN {needle} IS NULL OR {text} IS NULL OR {first} IS NULL THEN NULL"
            f" WHEN {needle} = '' OR {found} = 0 THEN 0 ELSE {found} + {first} - 1 END"
        )

    first = f"greatest({_int(start)}, 1)" if start else "1"
    folded = collation.fold(_counted(x), trim=False)
    sql = duck.bind(body, collation.fold(sought.sql, trim=False), folded, first)
    return Value(f"CAST({sql} AS {type_.duckdb})", type_)


def _stuff(x: Value, start: Value, length: Value, by: Value) -> Value:
    x, by = _of_one_kind(x, by)
    longest = _longest(x)

    def body(text: str, s: str, n: str) -> str:
        outside = f"{text} IS NULL OR {s} IS NULL OR {n} IS NULL OR {s} < 1 OR {s} > length({text}) OR {n} < 0"
        pieces = f"left({text}, {s} - 1) || coalesce({by.sql}, '') || substring({text}, {s} + {n})"
        return f"CASE WHEN {outside} THEN NULL ELSE {pieces} END"

    sql = duck.bind(body, _counted(x), duck.cast(_int(start), "BIGINT"), duck.cast(_int(length), "BIGINT"))
    return Value(sql if longest == MAX else f"left({sql}, {longest})", _like(x, longest))


def _reverse(x: Value) -> Value:
    x = as_text(x)
    refusal = refusing("'REVERSE of text beyond ASCII'")
    sql = duck.bind(lambda t: f"CASE WHEN strlen({t}) > length({t}) THEN {refusal} ELSE reverse({t}) END", x.sql)
    return x.of(sql, _varying(x))


def _replicate(x: Value, times: Value) -> Value:
    x = as_text(x)
    longest = _longest(x)
    sql = duck.bind(
        lambda n: f"CASE WHEN {n} >= 0 THEN repeat({x.sql}, {n if longest == MAX else f'least({n}, 8000)'}) END",
        _int(times),
    )
    return Value(sql if longest == MAX else f"left({sql}, {longest})", _like(x, longest))


def _space(n: Value) -> Value:
    return _replicate(text_constant(" "), n)


def _char(n: Value) -> Value:
    refusal = refusing("'CHAR of 0 and of 128 to 159'")
    sql = duck.bind(
        lambda k: (
            f"CASE WHEN {k} NOT BETWEEN 0 AND 255 THEN NULL WHEN {k} = 0 OR {k} BETWEEN 128 AND 159 THEN {refusal}"
            f" ELSE chr({k}) END"
        ),
        _int(n),
    )
    return Value(sql, SqlType("char", length=1))


def _nchar(n: Value) -> Value:
    sql = duck.bind(
        lambda k: f"CASE WHEN {k} BETWEEN 1 AND 55295 OR {k} BETWEEN 57344 AND 65535 THEN chr({k}) END", _int(n)
    )
    return Value(sql, SqlType("nchar", length=1))


def _ascii(x: Value) -> Value:
    x = as_text(x)
    refusal = refusing("'ASCII of a character beyond ISO 8859-1'")
    sql = duck.bind(
        lambda c: (
            f"CASE WHEN {c} = '' THEN NULL WHEN unicode({c}) < 128 OR unicode({c}) BETWEEN 160 AND 255"
            f" THEN CAST(unicode({c}) AS INTEGER) WHEN {c} IS NOT NULL THEN {refusal} END"
        ),
        f"left({x.sql}, 1)",
    )
    return Value(sql, INT)


def _unicode(x: Value) -> Value:
    x = as_text(x)
    return Value(f"CASE WHEN {x.sql} <> '' THEN CAST(unicode({_counted(x)}) AS INTEGER) END", INT)


def _concat(*values: Value) -> Value:
    texts = [as_text(value) for value in values]
    unicode = any(t.type.is_unicode for t in texts)
    longest = 4000 if unicode else 8000
    length = MAX if any(t.type.length == MAX for t in texts) else sum(t.type.length for t in texts)
    length = 1 if all(value.is_null for value in values) else length
    sql = "(" + " || ".join(f"coalesce({t.sql}, '')" for t in texts) + ")"
    if length > longest:
        sql = f"left({sql}, {longest})"
    return Value(sql, (nvarchar if unicode else varchar)(length), nullable=False)


def _concat_ws(separator: Value, *values: Value) -> Value:
    texts = [as_text(value) for value in (separator, *values)]
    unicode = any(t.type.is_unicode for t in texts)
    between, parts = texts[0], texts[1:]
    sql = f"concat_ws(coalesce({between.sql}, ''), {', '.join(p.sql for p in parts)})"
    if any(t.type.length == MAX for t in texts):
        length = MAX
    else:
        length = sum(p.type.length for p in parts) + between.type.length * (len(parts) - 1)
        sql = f"left({sql}, {4000 if unicode else 8000})"
    return Value(sql, (nvarchar if unicode else varchar)(length), nullable=False)


def _quotename(x: Value) -> Value:
    x = convert(as_text(x), nvarchar(MAX))
    sql = duck.bind(lambda t: f"CASE WHEN length({t}) <= 128 THEN '[' || replace({t}, ']', ']]') || ']' END", x.sql)
    return Value(sql, nvarchar(258))


def _patindex(pattern: Value, x: Value) -> Value:
    """Where the pattern first matches, counted from 1; without % before it only at the start."""
    if not isinstance(pattern.constant, str) or not pattern.constant.isascii():
        raise UnsupportedTSql("PATINDEX of a pattern that is not an ASCII constant")
    type_ = _length_of(x.type) if x.type.is_text else INT
    x = as_text(x)
    start = pattern.constant.startswith("%")
    sought = collation.pattern_regex(pattern.constant[1:] if start else pattern.constant, None)
    sought = f"{sought.removesuffix('.*')}" if pattern.constant.endswith("%") else f"{sought} *$"
    before = duck.text(f"(?s)^(.*?){sought}" if start else f"(?s)^(){sought}")

    def body(text: str) -> str:
        found = f"length(regexp_extract({text}, {before}, 1)) + 1"
        return f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_matches({text}, {before}) THEN {found} ELSE 0 END"

    return Value(f"CAST({duck.bind(body, collation.fold(_counted(x), trim=False))} AS {type_.duckdb})", type_)


def _isnumeric(x: Value) -> Value:
    """1 for what is surely a number, 0 for what surely is none; what depends on currency signs, commas or lone signs
    is refused when a row has it."""
    if not x.type.is_text:
        return Value(f"CASE WHEN {x.sql} IS NULL THEN 0 ELSE {int(x.type.is_number and not x.is_null)} END", INT)
    number = r"\s*[+-]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})(e[+-]?\d{1,2})?\s*"
    surely_none = r"[a-cf-zA-CF-Z_/:;!?&#%*=<>@|{}\[\]\x22]|\d-\d|\.\d*\."
    unclear = refusing(f"'ISNUMERIC of text such as ' || {x.sql}")

    def body(t: str) -> str:
        return (
            f"CASE WHEN regexp_full_match({t}, {duck.text(number)}, 'i') THEN 1"
            f" WHEN {t} IS NULL OR trim({t}) = '' OR regexp_matches({t}, {duck.text(surely_none)})"
            f" THEN 0 ELSE {unclear} END"
        )

    return Value(duck.bind(body, x.sql), INT, nullable=False)


def _hashbytes(algorithm: Value, x: Value) -> Value:
    hashes = {"md5": ("md5", 16), "sha1": ("sha1", 20), "sha": ("sha1", 20), "sha2_256": ("sha256", 32)}
    if not isinstance(algorithm.constant, str) or algorithm.constant.lower() not in hashes:
        raise UnsupportedTSql(f"HASHBYTES({algorithm.constant or '…'})")
    if x.type.name not in ("varchar", "char"):
        raise UnsupportedTSql(f"HASHBYTES of {x.type}", remedy="convert it to varchar first")
    function, _ = hashes[algorithm.constant.lower()]
    refusal = refusing("'HASHBYTES of text beyond ASCII'")
    sql = duck.bind(
        lambda t: f"CASE WHEN strlen({t}) > length({t}) THEN {refusal} ELSE unhex({function}({t})) END", x.sql
    )
    return Value(sql, SqlType("varbinary", length=8000))


FUNCTIONS = {
    "LEN": (1, 1, _len),
    "DATALENGTH": (1, 1, _datalength),
    "LEFT": (2, 2, _left),
    "RIGHT": (2, 2, _right),
    "SUBSTRING": (3, 3, _substring),
    "LTRIM": (1, 1, _ltrim),
    "RTRIM": (1, 1, _rtrim),
    "UPPER": (1, 1, _upper),
    "LOWER": (1, 1, _lower),
    "REPLACE": (3, 3, _replace),
    "CHARINDEX": (2, 3, _charindex),
    "STUFF": (4, 4, _stuff),
    "REVERSE": (1, 1, _reverse),
    "REPLICATE": (2, 2, _replicate),
    "SPACE": (1, 1, _space),
    "CHAR": (1, 1, _char),
    "NCHAR": (1, 1, _nchar),
    "ASCII": (1, 1, _ascii),
    "UNICODE": (1, 1, _unicode),
    "CONCAT": (2, 254, _concat),
    "CONCAT_WS": (3, 254, _concat_ws),
    "QUOTENAME": (1, 1, _quotename),
    "HASHBYTES": (2, 2, _hashbytes),
    "PATINDEX": (2, 2, _patindex),
    "ISNUMERIC": (1, 1, _isnumeric),
}
"""Name → fewest and most arguments, and what translates it."""
