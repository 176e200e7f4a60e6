import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from dangol.base.errors import BadInput
from dangol.insight.score.groups.rules import clusters, naming, scaling
from dangol.insight.score.groups.rules.features import checked, feature
from dangol.insight.score.groups.rules.naming import Trait


def blobs(k, customers=500, seed=1):
    values, labels = make_blobs(customers, 4, centers=k, cluster_std=0.6, center_box=(-8, 8), random_state=seed)
    scales, _same = scaling.fit(("recency_days", "orders", "amount", "tenure_days"), values)
    return scaling.scaled(values, scales), labels


@pytest.mark.parametrize("method", clusters.METHODS)
def test_known_clusters_are_found_and_their_number_too(method):
    z, labels = blobs(4)
    judged = {k: clusters.judged(method, z, k, clusters.SEED) for k in range(2, 6)}
    choice = clusters.chosen([candidate for candidate, _centres in judged.values()])
    assert choice.k == 4
    assert not choice.weak
    assert adjusted_rand_score(labels, clusters.assigned(z, judged[4][1])) > 0.98


@pytest.mark.parametrize("method", clusters.METHODS)
def test_the_same_seed_finds_the_same_clusters(method):
    z, _labels = blobs(3)
    assert clusters.found(method, z, 3, 7) == clusters.found(method, z, 3, 7)


def test_customers_without_structure_are_said_to_run_into_one_another():
    z = np.random.default_rng(3).normal(size=(250, 6))
    candidates = [clusters.judged("kmeans", z, k, 1)[0] for k in (2, 3)]
    assert clusters.chosen(candidates).weak
    assert max(one.stability for one in candidates) < 0.98


def test_a_number_that_somebody_chose_is_taken():
    candidates = [clusters.Candidate(2, 0.8, 0.99, 0.4), clusters.Candidate(3, 0.5, 0.6, 0.1)]
    assert clusters.chosen(candidates).k == 2
    assert clusters.chosen(candidates, asked=3) == clusters.Choice(3, "asked", False)


def test_unstable_and_tiny_clusters_are_not_recommended():
    tiny = clusters.Candidate(2, 0.9, 0.99, 0.001)
    shaky = clusters.Candidate(3, 0.8, 0.4, 0.2)
    assert clusters.chosen([tiny, shaky, clusters.Candidate(4, 0.5, 0.9, 0.1)]).k == 4
    assert clusters.chosen([tiny, shaky]).reason == "least_unstable"


def test_skewed_features_go_by_their_logarithm_and_constant_ones_are_left_out():
    dice = np.random.default_rng(5)
    matrix = np.column_stack([dice.lognormal(3, 1, 500), dice.normal(50, 3, 500), np.full(500, 7.0)])
    matrix[:20, 1] = np.nan
    scales, same = scaling.fit(("amount", "tenure_days", "orders"), matrix)
    assert [one.log for one in scales] == [True, False]
    assert same == ("orders",)
    z = scaling.scaled(matrix[:, :2], scales)
    assert np.abs(np.median(z, axis=0)).max() < 0.05
    assert np.abs(z).max() <= scaling.FAR
    assert np.unique(z[:20, 1]).size == 1


def test_groups_keep_their_numbers_and_new_ones_get_fresh_ones():
    overlap = {(1, 0): 90, (1, 1): 10, (2, 1): 80, (3, 2): 50, (3, 3): 50}
    numbers, following = naming.matched(overlap, [0, 1, 2, 3], next_code=4)
    assert numbers[0] == 1
    assert numbers[1] == 2
    assert sorted(numbers[place] for place in (2, 3)) == [3, 4]
    assert following == 5
    assert naming.matched({}, [2, 0, 1], 1) == ({2: 1, 0: 2, 1: 3}, 4)


def test_a_group_that_shares_hardly_anybody_is_a_new_one():
    numbers, _next = naming.matched({(1, place): 20 for place in range(5)}, range(5), 2)
    assert set(numbers.values()) == {2, 3, 4, 5, 6}


def test_only_real_differences_distinguish_and_no_two_groups_share_a_name():
    traits = naming.traits({"orders": 0.9, "amount": -0.1, "recency_days": -1.4})
    assert [one.feature for one in traits] == ["recency_days", "orders"]
    groups = {1: [Trait("orders", 1.0), Trait("amount", 0.9), Trait("tenure_days", 0.4)],
              2: [Trait("amount", 1.2), Trait("orders", 0.8), Trait("tenure_days", -0.5)], 3: []}  # fmt: skip
    titles = naming.titles(groups)
    assert [one.feature for one in titles[1]] == ["orders", "amount"]
    assert len(titles[2]) == 3
    assert titles[3] == []


def test_senseless_wishes_are_refused():
    with pytest.raises(BadInput, match="no method"):
        clusters.Wanted(method="magic")
    with pytest.raises(BadInput, match="from 2 to 10"):
        clusters.Wanted(k=1)
    with pytest.raises(BadInput, match="at least one"):
        checked([])
    with pytest.raises(BadInput, match="no feature"):
        checked(["shoe_size"])
    assert feature("class:빵·우유").column.isascii()
    assert feature("class:빵").column != feature("class:우유").column
