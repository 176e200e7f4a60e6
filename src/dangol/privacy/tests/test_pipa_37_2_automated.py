"""Personal Information Protection Act art. 37-2: refuse an automated decision, have it explained or looked at by a person."""

from dangol.customers.consent import reads as consents
from dangol.privacy import actions, reads


def test_a_grade_is_explained_by_the_figures_that_led_to_it(graded):
    person = graded.person("P-1")
    found = reads.explanation(graded.cast.steward, person.pk)
    assert found.segment == person.standing.segment
    assert [factor.value for factor in found.factors] == [
        person.standing.recency_days, person.standing.orders, person.standing.amount
    ]  # fmt: skip
    assert all(factor.group in range(1, 6) for factor in found.factors)


def test_where_no_machine_decided_there_is_nothing_to_explain(people):
    assert reads.explanation(people.cast.steward, people.person("P-1").pk) is None


def test_refusing_is_one_step_and_stands_as_the_customer_s_word(people):
    person = people.person("P-1")
    made = people.ask("refusal")
    assert actions.stop_use(by=people.cast.steward, request_id=made) == 1
    assert consents.refused_profiling([person.pk]) == {person.pk}
    assert (reads.request(people.cast.steward, made).due_on - reads.today()).days == 30
