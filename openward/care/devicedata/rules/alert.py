"""Alerts that a system issued, acknowledged or retracted."""

from openward.care.devicedata.rules.datum import datum_shape, name100
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.scalars import instant, whole, word
from openward.care.devicedata.rules.shapes import field_is, may, needs, only_if
from openward.care.devicedata.rules.times import later_than

ALERT = Kind(
    "alert",
    datum_shape(
        needs("name", name100),
        may("priority", word("critical", "normal", "timeSensitive")),
        may("trigger", word("delayed", "immediate", "repeating")),
        may("triggerDelay", whole(0, 86400)),
        may("sound", word("name", "silence", "vibrate")),
        may("soundName", name100),
        needs("issuedTime", instant),
        may("acknowledgedTime", instant),
        may("retractedTime", instant),
        rules=(
            only_if("triggerDelay", field_is("trigger", "delayed", "repeating")),
            only_if("soundName", field_is("sound", "name")),
            later_than("acknowledgedTime", "issuedTime"),
            later_than("retractedTime", "issuedTime"),
        ),
    ),
)
