"""Reports: what somebody asked of the figures, laid out, drawn, kept, shared and sent by mail."""
