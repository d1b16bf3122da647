"""Rows and sentences of settlement: what is delivered, and which outcome each row gets."""

from __future__ import annotations

from typing import Any


def vat(version: int | str, sales: str = "5", taxpayer: str = "T1") -> dict[str, Any]:
    return {
        "taxpayer_no": taxpayer, "period": "2025-01", "version": str(version), "sales_yuan": sales,
        "updated_at": "2025-02-01T00:00:00",
    }  # fmt: skip


def change(value: str, number: str = "1") -> dict[str, Any]:
    return {"change_no": number, "entity_no": "E", "value_after": value, "changed_on": "2025-01-01"}


def arrears(amount: str, paid: str = "0") -> dict[str, Any]:
    return {
        "complaint_no": "C1", "creditor_name": "甲公司", "amount_wan": amount, "paid_wan": paid,
        "filed_on": "2025-01-01",
    }  # fmt: skip


def loan(balance: str) -> dict[str, Any]:
    return {"loan_no": "L1", "borrower_name": "甲公司", "balance_wan": balance, "starts_on": "2025-01-01"}


def taxpayer(updated_at: str, address: str = "甲路") -> dict[str, Any]:
    return {
        "taxpayer_no": "T", "taxpayer_id": "1", "taxpayer_name": "甲公司", "address": address, "updated_at": updated_at,
    }  # fmt: skip


SCENARIOS: dict[str, tuple[str, list[list[dict[str, Any]]], list[list[str]]]] = {
    "higher version supersedes lower whatever the row order": (
        "tx_vat_return", [[vat(1), vat(2)]], [["superseded", "accepted"]],
    ),
    "a lower version of a later delivery is superseded": (
        "tx_vat_return", [[vat(2)], [vat(1)]], [["accepted"], ["superseded"]],
    ),
    "a higher version of a later delivery is accepted": (
        "tx_vat_return", [[vat(1)], [vat(2, "6")]], [["accepted"], ["accepted"]],
    ),
    "the same row again is a duplicate": (
        "tx_vat_return", [[vat(1), vat(1)], [vat(1)]], [["accepted", "duplicate"], ["duplicate"]],
    ),
    "identical means identical as read": (
        "tx_vat_return", [[vat(1, "5"), vat("1.0", " 5.00 ")]], [["accepted", "duplicate"]],
    ),
    "same key and version with other content is a conflict": (
        "tx_vat_return", [[vat(1, "5"), vat(1, "6")], [vat(1, "7")]], [["accepted", "quarantined"], ["quarantined"]],
    ),
    "two unaccepted rows of an old version do not conflict": (
        "tx_vat_return", [[vat(2), vat(1, "5"), vat(1, "6")]], [["accepted", "superseded", "superseded"]],
    ),
    "an old row comes again after its correction: duplicate": (
        "tx_vat_return", [[vat(1)], [vat(2)], [vat(1)]], [["accepted"], ["accepted"], ["duplicate"]],
    ),
    "a quarantined row takes no part": (
        "tx_vat_return", [[vat(3, "abc"), vat(2)], [vat(1)]], [["quarantined", "accepted"], ["superseded"]],
    ),
    "append without version: other content under the same key is a conflict": (
        "ms_change_event", [[change("甲"), change("乙")], [change("甲"), change("丙")]],
        [["accepted", "quarantined"], ["duplicate", "quarantined"]],
    ),
    "delta without updated_at: only the current row makes a duplicate": (
        "mi_arrears", [[arrears("1")], [arrears("2")], [arrears("1")], [arrears("1")]],
        [["accepted"], ["accepted"], ["accepted"], ["duplicate"]],
    ),
    "delta without updated_at: conflict within one delivery only": (
        "mi_arrears", [[arrears("1"), arrears("2"), arrears("1.0")]], [["accepted", "quarantined", "duplicate"]],
    ),
    "delta without updated_at: the current row again, then a change of it": (
        "mi_arrears", [[arrears("1")], [arrears("1"), arrears("2"), arrears("2.0")], [arrears("2")]],
        [["accepted"], ["duplicate", "accepted", "duplicate"], ["duplicate"]],
    ),
    "delta without updated_at: after a change the old content is a conflict": (
        "mi_arrears", [[arrears("1")], [arrears("2"), arrears("1")], [arrears("2"), arrears("1"), arrears("2")]],
        [["accepted"], ["accepted", "quarantined"], ["duplicate", "accepted", "quarantined"]],
    ),
    "delta without updated_at: one change per delivery, any third content is a conflict": (
        "mi_arrears",
        [[arrears("1")], [arrears("1.0"), arrears("2"), arrears("3"), arrears("1"), arrears("2")], [arrears("3")]],
        [["accepted"], ["duplicate", "accepted", "quarantined", "quarantined", "duplicate"], ["accepted"]],
    ),
    "delta without updated_at: two contents sent by turns in every delivery": (
        "mi_arrears", [[arrears("1"), arrears("2")], [arrears("1"), arrears("2")], [arrears("1"), arrears("2")]],
        [["accepted", "quarantined"], ["duplicate", "accepted"], ["accepted", "quarantined"]],
    ),
    "snapshot: an unchanged row of a later snapshot is accepted": (
        "fn_loan", [[loan("1"), loan("1.0"), loan("2")], [loan("1")]],
        [["accepted", "duplicate", "quarantined"], ["accepted"]],
    ),
    "delta with updated_at: an earlier instant is superseded, the same one a duplicate or a conflict": (
        "tx_taxpayer",
        [[taxpayer("2025-01-02T00:00:00")], [taxpayer("2025-01-01 00:00:00"), taxpayer("2025-01-01T16:00:00Z")],
         [taxpayer("2025-01-02 00:00:00", "乙路")]],
        [["accepted"], ["superseded", "duplicate"], ["quarantined"]],
    ),
    "a sheet's spellings of one amount and date are one value": (
        "fn_loan", [[loan("1,234.5万元"), loan("1234.50") | {"starts_on": "2025年1月1日"}]],
        [["accepted", "duplicate"]],
    ),
}  # fmt: skip
