"""Events and the values in them as JSON and back, versioned.

    read(write(event)) == event

A field that has its default is left out. What JSON has no word for (a `Decimal`, a date, bytes, a NaN) is
an object with `$is`; of a model, a dataclass or any other object that a tool was given stays what
`Action.digest` sees of it. Functions, and fields whose names begin with ``_``, are not written.

Reading runs no code. What this version does not know, an event of a later one or a field it has not,
comes back as a `Record`, and is written again as it was.
"""

from __future__ import annotations

from .format import VERSION as VERSION
from .format import Record as Record
from .format import RecordedError as RecordedError
from .reading import made as made
from .reading import read as read
from .reading import read_body as read_body
from .reading import read_value as read_value
from .reading import revived as revived
from .writing import DEEPEST as DEEPEST
from .writing import encode as encode
from .writing import own as own
from .writing import write as write
from .writing import write_body as write_body
from .writing import write_value as write_value
