"""Long jobs: a queue in the operations database with progress, cancel, leases and rescue."""
