"""Looks at customers. Lists and single customers are always bounded by the rights of who asks."""

from dangol.customers.identify.reads.listing import Page, Row, age_bands, count, customer_ids, search
from dangol.customers.identify.reads.one import Person, addressees, changes, customer
from dangol.customers.identify.reads.whole import attributes, key_of, keys, tally

__all__ = [
    "Page", "Person", "Row", "addressees", "age_bands", "attributes", "changes", "count", "customer", "customer_ids",
    "key_of", "keys", "search", "tally",
]  # fmt: skip
