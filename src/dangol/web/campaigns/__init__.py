"""Campaign list, plan, approval, live run, result, and the links in messages."""
