"""The star laid down for conditions: texts as numbers, a customer's purchases beside each other."""

from collections.abc import Mapping, Sequence

import ibis
from ibis.expr.types import Table, Value

from dangol.insight.warehouse.rules import Stretch
from dangol.insight.warehouse.tables import company_day

EVENT = {
    "what": "string", "customer_id": "int64", "day": "date", "campaign": "string", "channel": "string",
    "kind": "string", "event": "string", "page": "string", "survey_key": "string", "question_key": "string",
    "answer": "string",
}  # fmt: skip


# Products of one brand and class get neighbouring numbers: a question about them reads a part of the file.
NEIGHBOURS = ("brand", "product_major", "product_middle", "product_minor", "product_key")


def _numbered(table: Table, key: str, code: str) -> Table:
    """Every key of a column once, with a number."""
    keys = table.filter(table[key].notnull()).select(key).distinct()
    return keys.select(key, **{code: ibis.row_number().over(order_by=keys[key]).cast("int32")})


def codes(star: Mapping[str, Table]) -> dict[str, Table]:
    """A number for every key that occurs in sales lines.

    products: product, product_key and classes. channels: channel, name. Stores have the numbers of the star.
    """
    lines = star["sales_lines"]
    products = _numbered(lines, "product_key", "any_order").drop("any_order")
    products = products.left_join(star["products"].drop("product"), "product_key").drop("product_key_right")
    channels = _numbered(lines.filter(lines.channel.notnull()), "channel", "code")
    return {
        "products": products.mutate(
            product=ibis.row_number().over(order_by=[products[name] for name in NEIGHBOURS]).cast("int32")
        ),
        "channels": channels.select(channel=channels.code, name=channels.channel),
    }


def stores(found: Table) -> Table:
    """Stores of the star by name, with the numbers lines have: place, store_key, store, region.

    One without a name is called by its key.
    """
    return found.select("place", "store_key", "region", store=found.store.fill_null(found.store_key))


def purchases(lines: Table, written: Mapping[str, Table]) -> Table:
    """customer_id, day, order, product, place, channel (numbers), first, amount, quantity, in no order.

    order: a number of its own for each order, the earlier the lower. first: the line an order is counted by, where it
    is no return; the same as RFM counts.
    """
    lines = lines.filter(lines.customer_id.notnull())
    heads = lines.filter(lines.line_no == ibis.literal(0, type="int32")).select("source", "order_id", "sold_at")
    orders = heads.select(
        source_="source", order_id_="order_id",
        order=ibis.row_number().over(order_by=[heads.sold_at, heads.order_id, heads.source]).cast("int64"),
    )  # fmt: skip
    found = lines.left_join(orders, [lines.source == orders.source_, lines.order_id == orders.order_id_])
    sides = {
        "product_key": written["products"].select(product_key_="product_key", product_code="product"),
        "channel": written["channels"].select(channel_="name", channel_code="channel"),
    }
    for key, side in sides.items():
        found = found.left_join(side, found[key] == side[f"{key}_"])
    zero = ibis.literal(0, type="int64")
    return found.select(
        "customer_id", "day", "order", "place", product=found.product_code, channel=found.channel_code,
        first=(found.line_no == ibis.literal(0, type="int32")) & (found.amount >= zero),
        amount=found.amount, quantity=found.quantity,
    )  # fmt: skip


def tickets(purchases: Table) -> Table:
    """Purchases added up by customer, day, store and channel: orders (those counted), amount, quantity, bought.

    bought: whether any of it is no return.
    """
    each = purchases.mutate(
        begun=purchases["first"].ifelse(1, 0), kept=purchases.amount >= ibis.literal(0, type="int64")
    )
    return each.group_by("customer_id", "day", "place", "channel").aggregate(
        **{name: each[name].sum().cast("int64") for name in ("amount", "quantity")},
        first=each.begun.sum().cast("int64"), bought=each.kept.any(),
    )  # fmt: skip


def web_events(table: Table, source: str) -> Table:
    """Web events of one batch in the shape `events` takes: source, key, happened_at, event, page, campaign."""
    names = {"key": "customer_key", "happened_at": "happened_at", "event": "event", "page": "page",
             "campaign": "campaign"}  # fmt: skip
    taken = {
        name: table[column].cast("timestamp") if name == "happened_at" else table[column]
        for name, column in names.items()
    }
    return table.select(source=ibis.literal(source), **taken)


def _event(table: Table, what: str, day: Value, **given: Value) -> Table:
    made = {name: given.get(name, ibis.null(kind)) for name, kind in EVENT.items() if name not in ("what", "day")}
    made["customer_id"] = table.customer_id
    shaped = table.select(what=ibis.literal(what), day=day, **made)
    return shaped.filter(shaped.customer_id.notnull()).select(
        **{name: shaped[name].cast(kind) for name, kind in EVENT.items()}
    )


def events(star: Mapping[str, Table], visits: Table | None, controls: Table, zone: Sequence[Stretch]) -> Table:
    """Everything that happened to customers but purchases, one row each, in order of what and who.

    Clicks that a machine made (a mail filter's look) are left out. controls: campaign_key, customer_id, day.
    """
    contacts, responses, answers = star["contacts"], star["responses"], star["survey_answers"]
    clicked = (responses.kind == "click").fill_null(ibis.literal(False))
    clicks = responses.filter(clicked, (responses.detail != "machine").fill_null(ibis.literal(True)))
    said = responses.filter(~clicked)
    parts = [
        _event(contacts, "contact", contacts.contacted_on, campaign=contacts.campaign_key, channel=contacts.channel),
        _event(clicks, "click", clicks.responded_on, campaign=clicks.campaign_key),
        _event(said, "response", said.responded_on, campaign=said.campaign_key, kind=said.kind),
        _event(answers, "answer", company_day(answers.answered_at, zone), survey_key=answers.survey_key,
               question_key=answers.question_key, answer=answers.answer),
        _event(controls, "control", controls.day, campaign=controls.campaign_key),
    ]  # fmt: skip
    if visits is not None:
        keys = star["customer_keys"]
        known = visits.inner_join(keys, [visits.source == keys.source, visits.key == keys.key])
        parts.append(_event(known, "visit", company_day(known.happened_at, zone), campaign=known.campaign,
                            event=known.event, page=known.page))  # fmt: skip
    return ibis.union(*parts).order_by(["what", "customer_id"])
