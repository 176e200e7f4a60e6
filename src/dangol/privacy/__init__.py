"""What people may ask about their data: access, correction, erasure, portability, objection; and retention."""
