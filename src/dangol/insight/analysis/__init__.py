"""Standard reports: what happened to the company's sales and customers, in figures and in sentences."""
