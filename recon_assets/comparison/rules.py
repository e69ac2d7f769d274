"""What counts as equal: the rules of one output, as a user writes them.

Belongs here: the model of `keys`, `ignore`, `rename`, `strict_row_count` and the per-column rules,
the same for a reconciliation's `defs.yaml` and for `recon compare --rules`. Does not belong here: how a
rule is carried out (`canonical`, `tolerance`), or whether the named columns exist (known only once
both sides' schemas are, see `schema`).
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# YAML reads 0.005 as a float; going through its shortest text keeps the value the user wrote.
_ExactDecimal = Annotated[Decimal, BeforeValidator(lambda v: Decimal(str(v)) if isinstance(v, float) else v)]


class ColumnRule(BaseModel):
    """What counts as equal in one column; a field left out means exact equality."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: _ExactDecimal | None = Field(
        None, ge=0, le=Decimal("1e300"), description="Numbers: the greatest absolute difference that is still equal."
    )
    relative_tolerance: _ExactDecimal | None = Field(
        None,
        ge=0,
        lt=1,
        description="Numbers: the greatest difference that is still equal, as a share of the larger magnitude."
        " With `tolerance` too, either suffices.",
    )
    trim: Literal["trailing", "leading", "both"] | None = Field(None, description="Text: spaces to disregard.")
    case: Literal["ignore"] | None = Field(None, description="Text: `ignore` compares without regard to case.")
    empty_is_null: bool = Field(False, description="Text: '' (after `trim`) is NULL.")
    precision: Literal["day", "hour", "minute", "second", "millisecond", "microsecond"] | None = Field(
        None, description="Timestamps: both sides are truncated to this unit."
    )
    parse_text: bool = Field(
        False, description="Text beside another type: it is read as that type, in the way CSV text is."
    )
    timezone: str | None = Field(
        None,
        description="Timestamps without a zone: the IANA zone they are in, where the other side holds instants.",
    )


class Rules(BaseModel):
    """How two tables are compared. Column names are matched case-insensitively."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[str, ...] = Field(
        (), description="The columns that identify a row (source's names). None: whole rows, as a multiset."
    )
    ignore: tuple[str, ...] = Field((), description="Columns left out of the comparison, on either side.")
    rename: dict[str, str] = Field(
        default_factory=dict, description="Source column name → target column name, where they differ."
    )
    strict_row_count: bool = Field(False, description="A difference in row count alone is NO MATCH.")
    columns: dict[str, ColumnRule] = Field(default_factory=dict, description="Rules by column (source's name).")
