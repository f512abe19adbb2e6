"""What is wrong with a certificate store, and what soon will be: for `evsite doctor certs`.

`inspect(settings)` reads a store without changing anything, `examine(inspection, now, within)` judges it.
"""

from certs.examination.examine import examine
from certs.examination.finding import Ailment, Finding, Level
from certs.examination.inspection import Inspection, inspect

__all__ = ["Ailment", "Finding", "Inspection", "Level", "examine", "inspect"]
