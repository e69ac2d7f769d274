"""CREATE TABLE and DROP TABLE.

Belongs here: reading a definition into columns and keys. Does not belong here: making the table (the interpreter
and its catalog). Constraints that would have to be enforced and aren't (CHECK, FOREIGN KEY, computed columns) are
refused; index and storage options say nothing about rows and are passed over.
"""

from sqlglot import exp

from recon_assets.tsql import sources
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.model import ColumnInfo, CreateTable, DropTable, Identity
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.types import parse_type


def create_table(node: exp.Create) -> CreateTable:
    """CREATE TABLE."""
    only(node, "this", "kind", "properties")
    if node.args.get("kind") != "TABLE" or not isinstance(node.this, exp.Schema):
        raise UnsupportedTSql(text_of(node), line_of(node))
    for prop in node.args["properties"].expressions if node.args.get("properties") else []:
        if not isinstance(prop, exp.TemporaryProperty):
            raise UnsupportedTSql(text_of(prop), line_of(node))
    name = sources.table_name(node.this.this)
    columns, keys, primary = [], [], ()
    for part in node.this.expressions:
        if isinstance(part, exp.ColumnDef):
            column, key = _column(part)
            columns.append(column)
        else:
            key = _table_constraint(part)
        if key:
            is_primary, names = key
            if is_primary and primary:
                raise TSqlError(
                    8110, f"Cannot add multiple PRIMARY KEY constraints to table '{name}'.", line=line_of(node)
                )
            primary = names if is_primary else primary
            keys.insert(0, names) if is_primary else keys.append(names)
    in_primary = {column.lower() for column in primary}
    columns = [
        ColumnInfo(c.name, c.type, c.nullable and c.name.lower() not in in_primary, c.identity, c.default)
        for c in columns
    ]
    known = [c.name.lower() for c in columns]
    if len(set(known)) < len(known):
        raise TSqlError(
            2705,
            f"Column names in each table must be unique. A column name in table '{name}' is specified more than once.",
        )
    for key in keys:
        for column in key:
            if column.lower() not in known:
                raise TSqlError(1911, f"Column name '{column}' does not exist in the target table or view.")
    return CreateTable(name, tuple(columns), tuple(keys), primary)


_Key = tuple[bool, tuple[str, ...]]


def _column(node: exp.ColumnDef) -> tuple[ColumnInfo, _Key | None]:
    only(node, "this", "kind", "constraints")
    if node.args.get("kind") is None:
        raise UnsupportedTSql(f"computed column {node.name}", line_of(node))
    try:
        type_ = parse_type(node.args["kind"].args["kind"])
    except UnsupportedTSql as error:
        error.line = line_of(node)
        raise
    nullable, identity, default, key = True, None, None, None
    for constraint in node.args.get("constraints") or []:
        kind = constraint.args["kind"]
        if isinstance(kind, exp.NotNullColumnConstraint):
            nullable = bool(kind.args.get("allow_null"))
        elif isinstance(kind, exp.GeneratedAsIdentityColumnConstraint | exp.AutoIncrementColumnConstraint):
            identity, nullable = _identity(kind), False
        elif isinstance(kind, exp.DefaultColumnConstraint):
            default = kind.this
        elif isinstance(kind, exp.PrimaryKeyColumnConstraint | exp.UniqueColumnConstraint):
            key = (isinstance(kind, exp.PrimaryKeyColumnConstraint), (node.name,))
        elif not isinstance(kind, exp.ClusteredColumnConstraint | exp.NonClusteredColumnConstraint):
            raise UnsupportedTSql(text_of(constraint), line_of(node))
    return ColumnInfo(node.name, type_, nullable, identity, default), key


def _identity(kind: exp.Expression) -> Identity:
    start, increment = kind.args.get("start"), kind.args.get("increment")
    return Identity(int(start.to_py()) if start else 1, int(increment.to_py()) if increment else 1)


def _table_constraint(node: exp.Expression) -> _Key:
    parts = node.expressions if isinstance(node, exp.Constraint) else [node]
    primary, names = None, ()
    for part in parts:
        if isinstance(part, exp.PrimaryKeyColumnConstraint | exp.PrimaryKey):
            primary = True
        elif isinstance(part, exp.UniqueColumnConstraint):
            primary = False
        elif not isinstance(part, exp.ClusteredColumnConstraint | exp.NonClusteredColumnConstraint):
            raise UnsupportedTSql(text_of(node), line_of(node))
        names = names or tuple(column.name for column in part.find_all(exp.Identifier))
    if primary is None or not names:
        raise UnsupportedTSql(text_of(node), line_of(node))
    return primary, names


def drop_table(node: exp.Drop) -> DropTable:
    """DROP TABLE [IF EXISTS] a, b."""
    only(node, "kind", "tables", "this", "exists")
    if node.args.get("kind") != "TABLE":
        raise UnsupportedTSql(text_of(node), line_of(node))
    tables = node.args.get("tables") or [node.this]
    return DropTable(tuple(sources.table_name(table) for table in tables), bool(node.args.get("exists")))
