"""A release as SDMX 3.0: one data structure with its code lists and concepts, one dataflow, the figures as SDMX-CSV.

What is special here are the codes; messages are written by pysdmx. Code ids have to be Latin, so values that are
Chinese words go by their reading (大型: DAXING), with the word itself as the name of the code. Values are texts of
departments: what has no reading, or one that another value has too, bears a hash of its own besides.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from tidu.publishing.files.dictionary import breakdown_values, texts
from tidu.publishing.registry import breakdowns

AGENCY, FLOW, STRUCTURE, VERSION = "TIDU", "MONTHLY", "MONTHLY", "1.0.0"
TOTAL = "_T"
HASH = 8
ROWS_AT_A_TIME = 50_000
"""Of observations: all of a city's at once would take a gigabyte."""
CODE_ID = re.compile(r"[A-Za-z0-9_@$-]+")
UNITS = {"元": "CNY", "户": "ENTITY", "人": "PERSON", "笔": "TRANSACTION", "家": "ENTERPRISE", "比率": "RATIO"}
OBS_STATUS = {
    "A": "Normal value", "P": "Provisional value", "Q": "Missing value; suppressed",
    "L": "Missing value; data exist but were not collected", "M": "Missing value; data cannot exist",
}  # fmt: skip
"""The codes used of CL_OBS_STATUS 2.2 of the SDMX cross-domain code lists."""
CONF_STATUS = {
    "F": "Free (free for publication)", "C": "Confidential statistical information (primary confidentiality)",
    "D": "Secondary confidentiality set by the sender, not for publication",
}  # fmt: skip
"""The codes used of CL_CONF_STATUS 1.2."""
MEASURES = {"OBS_VALUE": "value", "YOY": "yoy", "MOM": "mom", "YTD": "ytd"}
"""Concepts and the columns they hold; one observation has four measures."""
OBSERVATIONS = """
select 'M' as "FREQ", x.area as "REF_AREA", x.indicator_code as "INDICATOR", x.scope as "SCOPE",
    coalesce(nullif(x.breakdown, ''), '_T') as "BREAKDOWN", coalesce(v.code, '_T') as "BREAKDOWN_VALUE",
    x.period as "TIME_PERIOD", x.value::text as "OBS_VALUE", x.yoy::text as "YOY", x.mom::text as "MOM",
    x.ytd::text as "YTD", u.code as "UNIT_MEASURE",
    case when x.cell_status like 'suppressed%%' then 'Q'
        when x.cell_status = 'incomplete' then case when x.value is null then 'L' else 'P' end
        when x.value is null then 'M' else 'A' end as "OBS_STATUS",
    case x.cell_status when 'suppressed_primary' then 'C' when 'suppressed_secondary' then 'D' else 'F' end
        as "CONF_STATUS"
from (
    select period, '370200' as area, indicator_code, scope, breakdown, breakdown_value, value, yoy, mom, ytd, unit,
        cell_status
    from publish.city_monthly where release_id = %(release)s
    union all
    select period, district_code, indicator_code, scope, breakdown, breakdown_value, value, yoy, mom, ytd, unit,
        cell_status
    from publish.district_monthly where release_id = %(release)s
) as x
left join unnest(%(breakdowns)s::text[], %(values)s::text[], %(codes)s::text[]) as v (breakdown, value, code)
    on v.breakdown = x.breakdown and v.value = x.breakdown_value
left join unnest(%(units)s::text[], %(unit_codes)s::text[]) as u (unit, code) on u.unit = x.unit
order by x.area collate "C", x.indicator_code collate "C", x.scope collate "C", x.breakdown collate "C",
    v.code collate "C", x.period collate "C"
"""


@dataclass(frozen=True)
class Lists:
    """The code lists of one release by id: code id -> name."""

    codes: Mapping[str, Mapping[str, str]]
    values: Mapping[tuple[str, str], str]
    """Code id by breakdown and value."""


def write_sdmx_files(connection: Connection[Any], release_id: int, as_of: dt.date, folder: Path) -> None:
    """Write sdmx_structure.json (SDMX-JSON 2.0) and sdmx_monthly.csv (SDMX-CSV 2.0) of a release.

    A suppressed cell has no measure at all; OBS_STATUS and CONF_STATUS say why.
    """
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format
    from pysdmx.model import Agency
    from pysdmx.model.message import Header

    lists = code_lists(connection, release_id)
    header = Header(
        id=f"RELEASE_{release_id}",
        prepared=dt.datetime.combine(as_of, dt.time(), dt.UTC),
        sender=Agency(id=AGENCY),
    )
    write_sdmx(structures(lists), Format.STRUCTURE_SDMX_JSON_2_0_0, str(folder / "sdmx_structure.json"), header=header)
    _write_data(connection, release_id, lists, folder / "sdmx_monthly.csv")


def code_lists(connection: Connection[Any], release_id: int) -> Lists:
    """Return the codes of a release's cells."""
    said = texts()["codes"]
    areas = connection.execute(
        "select district_code, min(district_name) from publish.district_monthly where release_id = %s"
        ' group by district_code order by district_code collate "C"',
        [release_id],
    ).fetchall()
    indicators = connection.execute(
        "select indicator_code, indicator_name from publish.indicator where release_id = %s"
        ' order by indicator_code collate "C"',
        [release_id],
    ).fetchall()
    found = breakdown_values(connection, release_id)
    ids = code_ids({value for _, value in found})
    values = {pair: ids[pair[1]] for pair in found}
    names = {TOTAL: "合计"}
    for (breakdown, value), code in values.items():
        name = breakdowns()[breakdown].values.get(value, value) if breakdown in breakdowns() else value
        # a value that several breakdowns have, and name otherwise, goes by itself
        names[code] = name if names.setdefault(code, name) == name else value
    return Lists(
        {
            "CL_FREQ": {"M": "每月 Monthly"},
            "CL_AREA": {"370200": "全市", **dict(areas)},
            "CL_INDICATOR": dict(indicators),
            "CL_SCOPE": {code: name["zh"] for code, name in said["scope"].items()},
            "CL_BREAKDOWN": {TOTAL: "合计", **{code: name["zh"] for code, name in said["breakdown"].items()}},
            "CL_BREAKDOWN_VALUE": names,
            "CL_UNIT": {code: unit for unit, code in UNITS.items()},
            "CL_OBS_STATUS": OBS_STATUS,
            "CL_CONF_STATUS": CONF_STATUS,
        },
        values,
    )


def code_ids(values: Iterable[str]) -> dict[str, str]:
    """Return values with their SDMX code ids, no two the same: itself where it may be one, else its reading.

    A reading that is empty or stands for another value too is followed by the beginning of the value's sha256.

    >>> code_ids(["A", "大型"]) == {"A": "A", "大型": "DAXING"}
    True
    """
    ids = {value: value if CODE_ID.fullmatch(value) and value != TOTAL else "" for value in values}
    taken = Counter([TOTAL, *(code for code in ids.values() if code)])
    read = {value: reading(value) for value, code in ids.items() if not code}
    taken.update(read.values())
    for value, code in read.items():
        unique = code.strip("_") and taken[code] == 1
        ids[value] = code if unique else f"{code}_{hashlib.sha256(value.encode()).hexdigest()[:HASH].upper()}"
    return ids


def reading(value: str) -> str:
    """Return how a text is read, in capital letters and digits; whatever is neither becomes an underscore.

    >>> reading("大型"), reading("（一）区")
    ('DAXING', '_YI_QU')
    """
    from pypinyin import Style, lazy_pinyin

    return re.sub(r"[^A-Z0-9]+", "_", "".join(lazy_pinyin(value, style=Style.NORMAL)).upper())


def structures(lists: Lists, measured_as: str = "Decimal") -> list[Any]:
    """Return code lists, concept scheme, data structure and dataflow. `measured_as`: data type of the measures."""
    from pysdmx.model import (
        Code,
        Codelist,
        Component,
        Components,
        Concept,
        ConceptScheme,
        Dataflow,
        DataStructureDefinition,
        DataType,
        Role,
    )

    listed = {
        name: Codelist(
            id=name, name=name.removeprefix("CL_").replace("_", " ").capitalize(), version=VERSION,
            agency=AGENCY, items=[Code(id=code, name=text) for code, text in codes.items()],
        )
        for name, codes in lists.codes.items()
    }  # fmt: skip
    number = DataType(measured_as)
    # concept: its name, what it is in the structure, its code list or type
    plan: dict[str, tuple[str, Any, Any]] = {
        "FREQ": ("频率 Frequency", Role.DIMENSION, listed["CL_FREQ"]),
        "REF_AREA": ("地区 Area", Role.DIMENSION, listed["CL_AREA"]),
        "INDICATOR": ("指标 Indicator", Role.DIMENSION, listed["CL_INDICATOR"]),
        "SCOPE": ("统计口径 Scope", Role.DIMENSION, listed["CL_SCOPE"]),
        "BREAKDOWN": ("分组方式 Breakdown", Role.DIMENSION, listed["CL_BREAKDOWN"]),
        "BREAKDOWN_VALUE": ("分组取值 Breakdown value", Role.DIMENSION, listed["CL_BREAKDOWN_VALUE"]),
        "TIME_PERIOD": ("月份 Month", Role.DIMENSION, DataType.GREGORIAN_TIME_PERIOD),
        "OBS_VALUE": ("数值 Value", Role.MEASURE, number),
        "YOY": ("同比 Year on year", Role.MEASURE, number),
        "MOM": ("环比 Month on month", Role.MEASURE, number),
        "YTD": ("本年累计 Year to date", Role.MEASURE, number),
        "UNIT_MEASURE": ("单位 Unit", Role.ATTRIBUTE, listed["CL_UNIT"]),
        "OBS_STATUS": ("观测状态 Observation status", Role.ATTRIBUTE, listed["CL_OBS_STATUS"]),
        "CONF_STATUS": ("保密状态 Confidentiality status", Role.ATTRIBUTE, listed["CL_CONF_STATUS"]),
    }
    scheme = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={AGENCY}:MONITORING({VERSION})"
    concepts = [
        Concept(
            id=name, name=title, urn=f"{scheme}.{name}",
            codes=what if isinstance(what, Codelist) else None, dtype=what if isinstance(what, DataType) else None,
        )
        for name, (title, _, what) in plan.items()
    ]  # fmt: skip
    components = Components(
        [
            Component(
                id=concept.id, required=plan[concept.id][1] != Role.MEASURE, role=plan[concept.id][1], concept=concept,
                name=concept.name, attachment_level="O" if plan[concept.id][1] == Role.ATTRIBUTE else None,
            )
            for concept in concepts
        ]
    )  # fmt: skip
    structure = DataStructureDefinition(
        id=STRUCTURE, name="民营经济月度监测", agency=AGENCY, version=VERSION, components=components
    )
    flow = Dataflow(id=FLOW, name="民营经济月度监测", agency=AGENCY, version=VERSION, structure=structure)
    scheme_of_all = ConceptScheme(
        id="MONITORING", name="民营经济月度监测", agency=AGENCY, version=VERSION, items=concepts
    )
    return [*listed.values(), scheme_of_all, structure, flow]


def _write_data(connection: Connection[Any], release_id: int, lists: Lists, path: Path) -> None:
    """Write the figures, some rows at a time. Numbers stay the texts the warehouse gives: no digit is lost."""
    import pandas as pd
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format
    from pysdmx.io.pd import PandasDataset
    from pysdmx.model import Schema

    flow = structures(lists, "String")[-1]
    schema = Schema("dataflow", AGENCY, FLOW, flow.structure.components, VERSION)
    pairs = list(lists.values)
    values = {
        "release": release_id, "breakdowns": [b for b, _ in pairs], "values": [v for _, v in pairs],
        "codes": list(lists.values.values()), "units": list(UNITS), "unit_codes": list(UNITS.values()),
    }  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file, connection.cursor(name="observations") as cursor:
        cursor.execute(OBSERVATIONS.encode(), values)
        columns = [column.name for column in cursor.description or ()]
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            frame = pd.DataFrame(rows, columns=columns, dtype="object")
            text = write_sdmx(PandasDataset(structure=schema, data=frame), Format.DATA_SDMX_CSV_2_0_0)
            file.write(str(text) if file.tell() == 0 else str(text).partition("\n")[2])
