"""Makes the raw rows of a dataset again from the files in the landing store, delivery by delivery."""

from __future__ import annotations

from tidu.contracts import contract as contract_of
from tidu.errors import DeliveryRejected, TiduError
from tidu.landing import store
from tidu.landing.load import ingest
from tidu.landing.readers import read_delivery
from tidu.ledger.database import connect_arrow
from tidu.ledger.deliveries import loaded_once
from tidu.ledger.locks import lock_intake


def reload(dataset: str) -> int:
    """Replace the raw rows of every delivery that was ever loaded by what its file says; return the rows.

    One transaction per delivery, so whoever reads meanwhile sees each delivery whole. Idempotence: the same files give
    the same rows, and a repeated call begins anew. Rows of deliveries nobody knows are removed.
    Raises TiduError when a file is missing or damaged, or today's contract cannot take it as a whole.
    """
    contract = contract_of(dataset)
    rows = 0
    with connect_arrow() as connection:
        with connection.cursor() as cursor:
            lock_intake(cursor, dataset)
            cursor.execute(
                f"delete from raw.{dataset} as r where not exists ("  # noqa: S608 - names of contracts are identifiers
                " select from ops.delivery as d where d.delivery_id = r.delivery_id and d.content_sha256 is not null)"
            )
        connection.commit()
        for delivery in loaded_once(dataset):
            try:
                shaped = read_delivery(contract, delivery, store.read(delivery.landed_uri, delivery.sha256))
            except DeliveryRejected as rejection:
                raise TiduError(f"delivery {delivery.delivery_id} cannot be loaded again: {rejection}") from rejection
            except FileNotFoundError as error:
                raise TiduError(
                    f"delivery {delivery.delivery_id}: {delivery.landed_uri} is not in the landing store;"
                    " restore it from a backup"
                ) from error
            with connection.cursor() as cursor:
                cursor.execute(
                    f"delete from raw.{dataset} where delivery_id = $1",  # noqa: S608
                    (delivery.delivery_id,),
                )
                rows += ingest(cursor, delivery, shaped)
            connection.commit()
    return rows
