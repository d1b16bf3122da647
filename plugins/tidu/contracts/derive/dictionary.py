"""The data dictionary: what each department delivers, in Chinese and English, one page per department.

Pages say what the contracts say and nothing else; which figures use a field is told elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from tidu.contracts.model import DatasetContract, Field

MODES = {
    "snapshot": "snapshot 全量：每次交付为完整集合；未出现的主键视为撤回",
    "delta": "delta 增量：每次交付为新增和变更的行；首次交付为全量",
    "append": "append 追加：事实只增不改；更正以更高的 version 表示",
}
CADENCES = {"daily": "每日", "weekly": "每周", "monthly": "每月", "yearly": "每年", "irregular": "不定期"}
TYPES = {
    "string": "文本",
    "integer": "整数",
    "decimal": "小数",
    "date": "日期",
    "month": "月份",
    "timestamp": "时间",
    "code": "代码",
    "flag": "是否",
}
UNITS = {"yuan": "yuan 元", "wan": "wan 万元", None: ""}
CLASSES = {"public": "public 公开", "internal": "internal 内部", "restricted": "restricted 受限"}
RULES = {
    "not_after_delivery": "not after the delivery's date 不晚于交付日期",
    "year_not_after_delivery": "not after the delivery's year 不晚于交付年度",
    "no_broken_text": "no broken characters 无乱码",
    "not_placeholder_name": "not 测试…, 无 or a credit code 不得为占位名称或代码",
    "uscc": "valid unified social credit code 校验统一社会信用代码",
    "reg_no": "valid registration number 校验注册号",
}
HEADER = "<!-- Generated from plugins/tidu/contracts by `tidu contract derive`; change the contract instead. -->\n\n"


def page_path(department: str) -> PurePosixPath:
    """Return where the page of `department` lives, relative to the project."""
    return PurePosixPath(f"docs/dictionary/{department}.md")


def index_path() -> PurePosixPath:
    """Return where the dictionary's first page lives, relative to the project."""
    return PurePosixPath("docs/dictionary/README.md")


def dictionary_index(departments: Mapping[str, Sequence[DatasetContract]]) -> str:
    """Return the first page: every dataset with its department, mode and cadence."""
    rows = [
        [f"[{c.name}]({department}.md#{c.name})", c.heading, c.owner, c.mode, f"{c.cadence} {CADENCES[c.cadence]}"]
        for department, contracts in departments.items()
        for c in contracts
    ]
    head = ["Dataset 数据集", "Name 名称", "Department 部门", "Mode 方式", "Cadence 频率"]
    return (
        HEADER
        + "# Data dictionary 数据字典\n\nWhat each department delivers, as its contract promises it. "
        + "各部门按数据契约交付的内容。\n\n"
        + _table(head, rows)
    )


def dictionary_page(contracts: Sequence[DatasetContract]) -> str:
    """Return the page of one department: one section per dataset, one line per field."""
    (department,) = {c.department for c in contracts}
    first = contracts[0]
    sections = "\n".join(_dataset(c) for c in contracts)
    return f"{HEADER}# {department} {first.owner}\n\nContact 联系人: {first.contact}\n\n{sections}"


def _dataset(c: DatasetContract) -> str:
    facts = [
        ["Mode 交付方式", MODES[c.mode]],
        ["Key 主键", ", ".join(c.key)],
        [
            "Cadence 频率",
            f"{c.cadence} {CADENCES[c.cadence]}; late after {c.latency_days} days 超过{c.latency_days}天为迟交",
        ],
        ["Transport 传输", c.transport],
        ["Owner 提供部门", f"{c.owner}, {c.contact}"],
        ["Contract 契约版本", c.version],
        ["A broken row 不合规的行", _severity(c)],
    ]
    if c.shrink_limit is not None:
        facts.append(["A shrinking snapshot 全量锐减", _shrinking(c.shrink_limit)])
    head = [
        "Field 字段",
        "Heading 中文名",
        "Type 类型",
        "Unit 单位",
        "Required 必填",
        "Class 密级",
        "Rules 规则",
        "Meaning 含义",
    ]
    return (
        f'<a id="{c.name}"></a>\n\n## {c.name} {c.heading}\n\n{c.description}\n\n{c.usage}\n\n'
        + _table(["", ""], facts)
        + "\n"
        + _table(head, [_field(f, c.key) for f in c.fields])
    )


def _shrinking(limit: float) -> str:
    return f"waits for a decision when more than {limit:.0%} of its rows are gone 减少超过{limit:.0%}须人工确认"


def _severity(c: DatasetContract) -> str:
    return {
        "stop": "keeps the whole delivery out 整批不入库",
        "warn": "is quarantined; the others go on 隔离该行，其余照常",
        "report": "is reported 仅报告",
    }[c.row_rule_severity]


def _field(f: Field, key: tuple[str, ...]) -> list[str]:
    place = f"key {key.index(f.name) + 1} 主键" if f.name in key else ""
    required = "yes 是" if f.required else ""
    rules = [RULES[kind] for kind in f.declared_rules]
    if f.values:
        rules.insert(0, "one of 取值: " + "、".join(f.values))
    if f.minimum is not None:
        rules.insert(0, f"≥ {f.minimum}")
    meaning = [f.description]
    if f.standard:
        meaning.append(f"Standard 标准: {f.standard}")
    if f.often_empty:
        meaning.append("Often empty 常为空")
    return [
        f"`{f.name}`",
        f.heading,
        f"{f.type} {TYPES[f.type]}",
        UNITS[f.unit],
        ", ".join(x for x in (required, place) if x),
        CLASSES[f.classification],
        "; ".join(rules),
        ". ".join(meaning),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
