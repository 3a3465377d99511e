"""Food: what was eaten, down to ingredients of ingredients, and its nutrition."""

from openward.care.devicedata.rules.datum import datum_shape, name100
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.measures import carbohydrate, energy, grams
from openward.care.devicedata.rules.scalars import number, whole, word
from openward.care.devicedata.rules.shapes import Field, Shape, array, field_is, may, needs, only_if, recursive

nutrition = Shape(
    (
        may("estimatedAbsorptionDuration", whole(0, 86400)),
        may("carbohydrate", carbohydrate),
        may("energy", energy),
        may("fat", grams),
        may("protein", grams),
    )
)

_described: tuple[Field, ...] = (
    may("amount", Shape((needs("units", name100), needs("value", number(0))))),
    may("brand", name100),
    may("code", name100),
    may("name", name100),
    may("nutrition", nutrition),
    may("ingredients", array(recursive(lambda: _ingredient), 1, 100)),
)
_ingredient: Shape = Shape(_described)

FOOD = Kind(
    "food",
    datum_shape(
        *_described,
        may("meal", word("breakfast", "dinner", "lunch", "other", "snack")),
        may("mealOther", name100),
        rules=(only_if("mealOther", field_is("meal", "other")),),
    ),
)
