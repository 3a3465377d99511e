"""Models of sensors and pumps that a clinician may name; their ids never change."""

from dataclasses import dataclass
from uuid import UUID, uuid5

_NAMESPACE = UUID("0f2c1f4e-3f0a-4b8e-9a52-6b1f5f6f7a10")


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """One model. `id` is the platform's published one where clients have it built in, else made from the name."""

    id: UUID
    display_name: str
    manufacturers: tuple[str, ...]
    model: str


def _model(maker: str, model: str, display_name: str = "", published: str = "") -> DeviceModel:
    shown = display_name or f"{maker} {model}"
    return DeviceModel(UUID(published) if published else uuid5(_NAMESPACE, f"{maker}/{model}"), shown, (maker,), model)


SENSORS = (
    _model("Dexcom", "G6", published="d25c3f1b-a2e8-44e2-b3a3-fd07806fc245"),
    _model("Dexcom", "G7"),
    _model("Dexcom", "ONE+"),
    _model("Abbott", "FreeStyle Libre 2", "FreeStyle Libre 2"),
    _model("Abbott", "FreeStyle Libre 3", "FreeStyle Libre 3"),
    _model("Medtronic", "Guardian 4"),
    _model("Senseonics", "Eversense E3", "Eversense E3"),
    _model("Tidepool", "CGM Simulator", "CGM Simulator", "c97bd194-5e5e-44c1-9629-4cb87be1a4c9"),
)

PUMPS = (
    _model("Insulet", "Omnipod 5", "Omnipod 5", "6678c377-928c-49b3-84c1-19e2dafaff8d"),
    _model("Insulet", "Omnipod DASH", "Omnipod DASH"),
    _model("Tidepool", "Palmtree", "Palmtree", "c524b5b0-632e-4125-8f6a-df9532d8f6fe"),
    _model("Tandem", "t:slim X2"),
    _model("Tandem", "Mobi"),
    _model("Medtronic", "MiniMed 780G", "MiniMed 780G"),
    _model("Sequel", "twiist", "twiist"),
    _model("Beta Bionics", "iLet", "iLet Bionic Pancreas"),
)
