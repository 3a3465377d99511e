"""What people report about themselves: states such as illness or stress, and water that they drank."""

from openward.care.devicedata.rules.datum import datum_shape, name100
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.measures import volume
from openward.care.devicedata.rules.scalars import whole, word
from openward.care.devicedata.rules.shapes import Shape, array, field_is, may, needs, only_if

_STATES = ("alcohol", "cycle", "hyperglycemiaSymptoms", "hypoglycemiaSymptoms", "illness", "other", "stress")

_state = Shape(
    (needs("state", word(*_STATES)), may("stateOther", name100), may("severity", whole(0, 10))),
    (only_if("stateOther", field_is("state", "other")),),
)

REPORTED_STATE = Kind("reportedState", datum_shape(may("states", array(_state, 1, 100))))
WATER = Kind("water", datum_shape(needs("amount", volume)))
