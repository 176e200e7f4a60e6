"""Who was in charge of a customer from which day on: what keeps last year's sales where they were."""
