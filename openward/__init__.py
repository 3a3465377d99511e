"""Openward: one patient record, many foreign systems around it.

wire/        what the world says: one folder per foreign system, both directions
gateway/     how anyone comes in: one request or job = one Work = one transaction
care/        what is true: the shared record and its rules, room by room
infra/       what carries it: database, jobs, crypto, mail, files, logs
simulators/  partner clouds and EHRs as real little servers, and the sample people
openapi/     the description of what is really served
cli/         the `openward` command; app.py builds the server; config.py holds every setting
"""

__version__ = "0.1.0"
