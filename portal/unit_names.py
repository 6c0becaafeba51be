"""The name of a unit as it stands among the entries of a choice, one that has closed with a mark."""

from datetime import date

from flask_babel import gettext

from portal.language import current
from surveys.office import Unit


def is_closed(unit: Unit, today: date) -> bool:
    """Whether the unit has had its last day."""
    return unit.closed is not None and unit.closed < today


def choice_name(unit: Unit, today: date) -> str:
    """The unit's name, with a mark where it has closed."""
    name = unit.name[current()]
    return str(gettext("%(unit)s (closed)", unit=name)) if is_closed(unit, today) else name
