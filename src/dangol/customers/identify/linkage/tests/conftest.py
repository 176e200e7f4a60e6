"""The linkage at a tenth of its effort: fewer random pairs and fewer keys are enough for hundreds of records."""

from collections.abc import Iterator

import pytest

from dangol.customers.identify.linkage import blocking, linking


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linking, "RANDOM_RECORDS", 350)
        patch.setattr(blocking, "RULES_MANY", 12)
        yield
