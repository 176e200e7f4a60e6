"""Customers, the keys sources know them by, who changed what, and their published standing."""

from django.conf import settings
from django.db import models


class Customer(models.Model):
    """One customer; `id` is the customer key everywhere, also in the warehouse (customer_id).

    kind: named (실명) or unnamed (비실명, a code). `generated` lists the fields that hold generated data.
    `attributes` holds the source's own attributes (income band, ...), never names or numbers; the age band, which
    lists filter by, has a column. `origins` says for each field which source it came from and when:
    {field: {"source": str, "at": ISO 8601, "batch": int}}; source "staff:<member id>" is an edit by hand, `customer` is
    there where a customer merged into this one brought it, `attributes` lists the own attributes that sources gave.
    The golden values are worked out from evidence that is kept elsewhere (golden.reads); these columns are their copy.
    merged_into: the customer this one is now part of (always the last of a chain), or null. Its row and keys stay.
    """

    kind = models.CharField(max_length=8, default="named")  # named, unnamed
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100, blank=True, default="")  # in standard form
    family_name = models.CharField(max_length=60, blank=True, default="")
    given_name = models.CharField(max_length=100, blank=True, default="")  # the part people search by besides the name
    phone = models.CharField(max_length=40, blank=True, default="")  # as given
    phone_e164 = models.CharField(max_length=20, blank=True, default="")
    phone_tail = models.CharField(max_length=4, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")  # as given
    sido = models.CharField(max_length=40, blank=True, default="")
    sigungu = models.CharField(max_length=60, blank=True, default="")
    dong = models.CharField(max_length=60, blank=True, default="")
    road = models.CharField(max_length=100, blank=True, default="")
    building_no = models.CharField(max_length=20, blank=True, default="")
    lot_no = models.CharField(max_length=20, blank=True, default="")
    building = models.CharField(max_length=100, blank=True, default="")
    address_detail = models.CharField(max_length=200, blank=True, default="")
    postcode = models.CharField(max_length=10, blank=True, default="")
    birth = models.CharField(max_length=40, blank=True, default="")  # as given
    birth_day = models.DateField(null=True, blank=True)  # solar
    birth_lunar = models.BooleanField(default=False)  # the day was given in the lunar calendar
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
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="members")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        # The wide indexes answer a list's whole question, so that rows are read for one page only: measured at a
        # million customers, a branch's list filtered by segment fell from 560 to 100 ms.
        indexes = [
            models.Index(fields=["name", "id", "unit", "rep", "kind", "gender", "age_band", "merged_into"],
                         name="customer_by_name"),
            models.Index(fields=["given_name", "name"], name="customer_by_given_name"),
            models.Index(fields=["phone_tail", "name"], name="customer_by_phone_tail"),
            models.Index(fields=["phone_e164"], name="customer_by_phone"),
            models.Index(fields=["email"], name="customer_by_email"),
            models.Index(fields=["unit", "name", "kind", "gender", "age_band", "rep", "merged_into"],
                         name="customer_by_unit"),
            models.Index(fields=["rep", "name"], name="customer_by_rep"),
            models.Index(fields=["age_band", "name"], name="customer_by_age_band"),
            # Where purchases lead, each customer met is judged out of this alone: five conditions fell to a quarter.
            models.Index(fields=["id", "kind", "gender", "age_band", "unit", "rep", "merged_into"],
                         name="customer_facets"),
            # By what somebody who was merged was known: the few such rows alone, so a search asks them for nothing.
            *(models.Index(fields=[name], condition=models.Q(merged_into__isnull=False), name=f"merged_by_{name}")
              for name in ("name", "given_name", "phone_tail", "phone_e164", "email", "code")),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(condition=~models.Q(merged_into=models.F("id")), name="nobody_is_part_of_oneself")
        ]


class SourceKey(models.Model):
    """The key a source knows a customer by."""

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="keys")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_customer_per_source_key")]


class Change(models.Model):
    """One value that was replaced: by a member, or by a source that knew another one before.

    cause: hand (a member wrote it: evidence, until it is undone or released), load, undo, merge, part, rules.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(max_length=40)
    before = models.TextField(blank=True, default="")
    after = models.TextField(blank=True, default="")
    origin_before = models.JSONField(null=True)
    generated_before = models.BooleanField(default=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=60, blank=True, default="")
    cause = models.CharField(max_length=8, default="load")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)  # a member let the sources decide again

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"], name="change_of_customer")]


class Taken(models.Model):
    """A batch whose keys were linked, and whether it was live then: the next run takes only what changed since.

    kind find: one row, the newest change (microseconds since 1970) that customers were compared with.
    """

    kind = models.CharField(max_length=10)  # people, facts, find
    batch = models.BigIntegerField()
    live = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "batch"], name="a_batch_is_taken_once")]


class Survivorship(models.Model):
    """One version of the company's rules for golden values; the last one is in force.

    rules: {field: {"rule": newest|trusted|longest|frequent, "sources": [source code, most trusted first]}}.
    """

    rules = models.JSONField()
    note = models.CharField(max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


class Merge(models.Model):
    """One customer (`gone`) was found to be the same as another (`kept`); parted_at where that was taken back.

    `kept` is the customer it was merged into then, which may itself be part of a third by now. how: sure (by the
    linkage, without a person), pair (a reviewed pair), hand, claim (an un-named customer claimed for a person).
    """

    kept = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="took")
    gone = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="went")
    how = models.CharField(max_length=8)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True, default="")
    standing_before = models.JSONField(null=True)  # of `kept`, to be put back
    parted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    parted_at = models.DateTimeField(null=True)
    parted_note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gone"], condition=models.Q(parted_at=None), name="merged_into_one_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(kept=models.F("gone")), name="nobody_merged_into_oneself"),
        ]


class Pair(models.Model):
    """Two customers who may be one person; `left` has the smaller id.

    state: open, joined, apart, snoozed. decided_by is null where the linkage was sure enough to decide alone.
    """

    left = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    probability = models.FloatField()
    evidence = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default="open")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    snoozed_until = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True, default="")
    proposed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="one_pair_of_two"),
            models.CheckConstraint(condition=models.Q(left__lt=models.F("right")), name="pair_in_order"),
        ]
        indexes = [models.Index(fields=["state", "-probability", "id"], name="pair_queue")]


class Posting(models.Model):
    """A word on who is in charge of a customer from a day on; written down where that ever changed, and only then.

    from_day: BEGINNING for what held before the first change. A later row holds from its day on, whatever earlier rows
    say of those days (see postings.rules). batch: that of the load it came with; cause: as of a Change, or first. off:
    the load or the merge was taken back. Who is in charge today stands on the customer and is what the last row in
    force says.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="postings")
    from_day = models.DateField()
    unit = models.ForeignKey("staff.OrgUnit", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    batch = models.BigIntegerField(null=True, db_index=True)
    cause = models.CharField(max_length=8, default="load")
    at = models.DateTimeField()
    off = models.BooleanField(default=False)


class Household(models.Model):
    """Which household a customer lives in, as the linkage found it."""

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="household")
    household_id = models.BigIntegerField(db_index=True)


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


class Membership(models.Model):
    """A customer is in a segment that somebody built (`segment_id`, of a room above): what lists ask for."""

    segment_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment_id", "customer_id"], name="once_in_a_segment")]
        indexes = [models.Index(fields=["customer_id", "segment_id"], name="segments_of_customer")]
