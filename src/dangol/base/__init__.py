"""Words every room uses: errors, money, periods, identifiers. No Django, no engine."""
