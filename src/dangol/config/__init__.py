"""Settings, addresses and which adapters are switched on."""
