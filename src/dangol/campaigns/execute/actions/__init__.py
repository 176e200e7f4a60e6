"""Launch, send, pause, resume, stop; write down what happened."""

from dangol.campaigns.execute.actions.launching import launch
from dangol.campaigns.execute.actions.sending import pause, resolve, resume, run_send, stop
from dangol.campaigns.execute.actions.telling import click, record_clicks, record_contacts, survey_address

__all__ = [
    "click",
    "launch",
    "pause",
    "record_clicks",
    "record_contacts",
    "resolve",
    "resume",
    "run_send",
    "stop",
    "survey_address",
]
