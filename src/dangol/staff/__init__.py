"""Who works here: accounts, organisation tree, roles and rights, access log."""
