"""E-mail over SMTP, one message per recipient, with one-click unsubscribe."""
