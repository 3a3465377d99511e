"""What a page says after a form was taken: the address names the message, so that nobody can write one for us."""

from openward.gateway.call import Call

_WORDS = {
    "saved": "Saved.",
    "tag-made": "The tag is there. Assign it in the patient list or on a patient's page.",
    "tag-renamed": "The tag has its new name, on all patients too.",
    "tag-deleted": "The tag is deleted. It leaves the patients within seconds.",
    "site-made": "The site is there. Assign it on a patient's page.",
    "site-renamed": "The site has its new name, on all patients too.",
    "site-deleted": "The site is deleted. It leaves the patients within seconds.",
    "patient-made": "The patient is in the list.",
    "patient-removed": "The patient is no longer with this clinic.",
    "reviewed": "Marked as reviewed.",
    "review-undone": "Your review is taken back.",
    "review-other": "Somebody else reviewed meanwhile; only one's own review can be taken back.",
    "tag-whom": "Tick the patients first, or choose all of them.",
    "tag-which": "Choose a tag first.",
    "tagged": "The tag is on these patients now.",
    "untagged": "The tag is off these patients now.",
    "reminded": "The reminder is noted, and on its way by mail if there is an address.",
    "patient-invited": "The invitation to take the account over is on its way by mail.",
    "invite-waits": "An invitation waits already, or there is nothing to take over.",
    "invite-login-taken": "Somebody else signs in with this address. Families may share an address, but not a login.",
    "connection-asked": "The request is noted, and on its way by mail if there is an address.",
    "request-accepted": "The patient is in the list; the data follow within seconds.",
    "request-declined": "The request is declined.",
    "request-gone": "This request does not wait any more: it was answered, withdrawn, or has expired.",
    "invited": "The invitation is on its way by mail.",
    "invite-resent": "The invitation was mailed again.",
    "invite-canceled": "The invitation is withdrawn.",
    "invite-gone": "This invitation does not wait any more: it was answered or withdrawn.",
    "member-removed": "They are no longer in the team.",
    "webhook-made": "The webhook is on. Give its key to the receiver, which decrypts with it.",
    "webhook-on": "The webhook is on again. Replay what was given up meanwhile.",
    "webhook-deleted": "The webhook is deleted.",
    "replayed": "It is on its way again.",
    "migration-begun": "The move has begun. You can leave this page; a mail tells you when it is done.",
    "migration-again": "Those who could not be moved are tried again.",
    "assistance-yours": "The request is yours.",
    "assistance-taken": "Somebody else has taken this request.",
    "assistance-done": "The request is finished.",
    "assistance-gone": "This request is not open any more.",
    "preset-deleted": "The preset is deleted.",
    "clinic-made": "Your clinic is open. Complete its profile here, then invite your team.",
    "joined": "Welcome: you belong to this team now.",
    "declined": "The invitation is declined.",
    "offered": "The clinic is asked. You are its patient as soon as it accepts.",
    "offer-withdrawn": "The request is withdrawn.",
    "disconnected": "It is not connected any more. No more data come from there.",
    "sharing-saved": "Saved. The clinic may do this from now on.",
    "sharing-stopped": "The clinic cannot see your data any more.",
}


def words_of(call: Call) -> str:
    """The message that the address names, or none."""
    return _WORDS.get(call.query.get("said", ""), "")
