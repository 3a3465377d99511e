"""What is true: the shared record and its rules; no HTTP, no JSON, no vendor's words."""
