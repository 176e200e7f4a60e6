"""Standard forms of names, numbers, addresses and dates: pure functions that never raise and keep the original."""

from dangol.customers.standard.rules.addresses import Address, address, glance
from dangol.customers.standard.rules.areas import (
    ABOLISHED,
    LIVE,
    UNCHECKED,
    UNKNOWN,
    Finding,
    LegalAreas,
    as_lines,
    from_lines,
    legal_areas,
)
from dangol.customers.standard.rules.births import Birth, birth, gender
from dangol.customers.standard.rules.emails import email, email_suggestion
from dangol.customers.standard.rules.names import Name, person_name
from dangol.customers.standard.rules.phones import HOME_REGION, TAIL_DIGITS, Phone, kind_of, phone, phone_glance
from dangol.customers.standard.rules.residents import (
    RESIDENT_RE2,
    holds_resident_number,
    without_resident_numbers,
)
from dangol.customers.standard.rules.texts import cleaned, narrow

__all__ = [
    "ABOLISHED", "HOME_REGION", "LIVE", "RESIDENT_RE2", "TAIL_DIGITS", "UNCHECKED", "UNKNOWN", "Address", "Birth",
    "Finding", "LegalAreas", "Name", "Phone", "address", "as_lines", "birth", "cleaned", "email", "email_suggestion",
    "from_lines", "gender", "glance", "holds_resident_number", "kind_of", "legal_areas", "narrow", "person_name",
    "phone", "phone_glance", "without_resident_numbers",
]  # fmt: skip
