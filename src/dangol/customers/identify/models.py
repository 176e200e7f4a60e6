"""Customers, the keys sources know them by, who changed what, and their published standing."""

from django.conf import settings
from django.db import models


class Customer(models.Model):
    """One customer; `id` is the customer key everywhere, also in the warehouse (customer_id).

    kind: named (실명) or unnamed (비실명, a code). `generated` lists the fields that hold generated data.
    `attributes` holds the source's own attributes (income band, ...), never names or numbers; the age band, which
    lists filter by, has a column. `origins` says for each field which source it came from and when:
    {field: {"source": str, "at": ISO 8601}}; source "staff:<member id>" is an edit by hand.
    """

    kind = models.CharField(max_length=8, default="named")  # named, unnamed
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100, blank=True, default="")
    given_name = models.CharField(max_length=100, blank=True, default="")  # the part people search by besides the name
    phone = models.CharField(max_length=40, blank=True, default="")  # as given
    phone_e164 = models.CharField(max_length=20, blank=True, default="")
    phone_tail = models.CharField(max_length=4, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    gender = models.CharField(max_length=1, blank=True, default="")  # F, M
    age_band = models.CharField(max_length=20, blank=True, default="")
    unit = models.ForeignKey(
        "staff.OrgUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    attributes = models.JSONField(default=dict)
    generated = models.JSONField(default=list)
    origins = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        # The wide indexes answer a list's whole question, so that rows are read for one page only: measured at a
        # million customers, a branch's list filtered by segment fell from 560 to 100 ms.
        indexes = [
            models.Index(fields=["name", "id", "unit", "rep", "kind", "gender", "age_band"], name="customer_by_name"),
            models.Index(fields=["given_name", "name"], name="customer_by_given_name"),
            models.Index(fields=["phone_tail", "name"], name="customer_by_phone_tail"),
            models.Index(fields=["phone_e164"], name="customer_by_phone"),
            models.Index(fields=["email"], name="customer_by_email"),
            models.Index(fields=["unit", "name", "kind", "gender", "age_band", "rep"], name="customer_by_unit"),
            models.Index(fields=["rep", "name"], name="customer_by_rep"),
            models.Index(fields=["age_band", "name"], name="customer_by_age_band"),
            # Where purchases lead, each customer met is judged out of this alone: five conditions fell to a quarter.
            models.Index(fields=["id", "kind", "gender", "age_band", "unit", "rep"], name="customer_facets"),
        ]


class SourceKey(models.Model):
    """The key a source knows a customer by."""

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="keys")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_customer_per_source_key")]


class Change(models.Model):
    """One value that was replaced: by a member, or by a source that knew another one before."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(max_length=40)
    before = models.TextField(blank=True, default="")
    after = models.TextField(blank=True, default="")
    origin_before = models.JSONField(null=True)
    generated_before = models.BooleanField(default=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=60, blank=True, default="")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"], name="change_of_customer")]


class Standing(models.Model):
    """What a page or a decision needs about one customer's purchases, published from a snapshot."""

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="standing")
    snapshot = models.CharField(max_length=40)
    as_of = models.DateField()
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    orders = models.IntegerField(default=0)
    amount = models.BigIntegerField(default=0)  # minor units
    recency_days = models.IntegerField(null=True)
    r = models.PositiveSmallIntegerField(null=True)
    f = models.PositiveSmallIntegerField(null=True)
    m = models.PositiveSmallIntegerField(null=True)
    score = models.FloatField(null=True)
    segment = models.CharField(max_length=20, blank=True, default="")
    segment_before = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["amount", "customer"], name="standing_by_amount"),
            models.Index(fields=["last_day", "customer"], name="standing_by_last_day"),
            models.Index(fields=["segment", "amount", "customer", "last_day"], name="standing_by_segment"),
            models.Index(fields=["customer", "segment", "last_day", "amount"], name="standing_of_customer"),
        ]
