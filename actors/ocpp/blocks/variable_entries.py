"""What must not be forgotten of the device model beside its values. Declarations."""

from protocols.message import message
from protocols.types.ocpp import ComponentVariable


@message
class AwaitsRestart:
    """A value that was set and takes effect with the next life of the site."""

    name: str
    """Of the attribute, in lower case."""
    site_life: str

    @property
    def key(self) -> str:
        """By its name."""
        return self.name


@message
class Watched:
    """A variable whose changes another module wants to hear of, in this life of the site."""

    name: str
    """In lower case."""
    site_life: str

    @property
    def key(self) -> str:
        """By its name."""
        return self.name


@message
class Report:
    """A report that was promised to the CSMS."""

    number: int
    action: str
    request: str
    """As the CSMS has asked, in JSON: the variables it is about are found out again for each part."""
    after: ComponentVariable | None = None
    """The last variable that has been acknowledged."""
    seq_no: int = 0
    """Of the part under way."""
    part: int | None = None
    """The number of the message with it."""
    until: ComponentVariable | None = None
    """The last variable in it."""
    tbc: bool = True
    """Whether more follow behind it."""

    @property
    def key(self) -> str:
        """By its number; the CSMS may use a request id twice."""
        return str(self.number)
