"""Orders by way of Xealth: the form before an order, the order itself, and the program that it starts."""

from openward.care.ehr.xealth.model import PROVIDERS, Answers, Context, Event, Preorder, Problem, Program, Report
from openward.care.ehr.xealth.order import carry_out, is_ours
from openward.care.ehr.xealth.preorder import ask, keep_answers, sweep_job
from openward.care.ehr.xealth.program import move, open_program, program, report
from openward.care.ehr.xealth.token import KeptToken, kept_token, put_token

SWEEP = "ehr.xealth-sweep"

__all__ = [
    "PROVIDERS",
    "SWEEP",
    "Answers",
    "Context",
    "Event",
    "KeptToken",
    "Preorder",
    "Problem",
    "Program",
    "Report",
    "ask",
    "carry_out",
    "is_ours",
    "keep_answers",
    "kept_token",
    "move",
    "open_program",
    "program",
    "put_token",
    "report",
    "sweep_job",
]
