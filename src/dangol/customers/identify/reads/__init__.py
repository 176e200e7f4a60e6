"""Looks at customers. Lists and single customers are always bounded by the rights of who asks."""

from dangol.customers.identify.postings.reads import by_key as postings
from dangol.customers.identify.reads.charged import Charged, charged, charges
from dangol.customers.identify.reads.listing import Page, Row, age_bands, count, customer_ids, search
from dangol.customers.identify.reads.one import Person, addressees, changes, customer, family, root
from dangol.customers.identify.reads.persons import (
    Reach,
    birth_months,
    birthdays,
    by_code,
    labels,
    members_of_segment,
    named,
    people,
    reach,
    segments_of,
    with_address,
    young,
)
from dangol.customers.identify.reads.whole import attributes, key_of, keys, own_keys, owned_keys, records, tally, units

__all__ = [
    "Charged", "Page", "Person", "Reach", "Row", "addressees", "age_bands", "attributes", "birth_months", "birthdays",
    "by_code", "changes", "charged", "charges", "count", "customer", "customer_ids", "family", "key_of", "keys",
    "labels",
    "members_of_segment", "named", "own_keys", "owned_keys", "people", "postings", "reach", "records", "root", "search",
    "segments_of", "tally", "units", "with_address", "young",
]  # fmt: skip
