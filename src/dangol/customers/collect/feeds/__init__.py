"""Sources that are no uploaded file: databases, watched folders, pushed rows, web events."""
