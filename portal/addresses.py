"""What may stand in the addresses of pages."""

from werkzeug.routing import IntegerConverter


class Number(IntegerConverter):
    """A whole number of at most six digits; a longer one leads nowhere, for neither store nor language takes any."""

    regex = "[0-9]{1,6}"
