"""Any other star: described in a file, checked, read into a snapshot and asked like the company's own."""
