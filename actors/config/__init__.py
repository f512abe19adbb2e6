"""Site files: read, checked, described and written (DESIGN 5, rows M13.*).

from actors.config import load_site
site = load_site("deploy/sil-2evse.yaml")      # or SiteFileError, with every problem and where it is
site.evses                                     # {1: 'evse_1', 2: 'evse_2'}
site.connected("auth", "token_validator")      # ('ocpp/auth_validator',)
"""

from __future__ import annotations

from actors.config.loader import Checked, check_file, check_site, load_site
from actors.config.model import (
    AccessRights,
    Connection,
    ModuleAccess,
    ModuleEntry,
    SiteFile,
    TierMapping,
    Use,
)
from actors.config.problems import Position, Problem, Severity, SiteFileError

__all__ = [
    "AccessRights",
    "Checked",
    "Connection",
    "ModuleAccess",
    "ModuleEntry",
    "Position",
    "Problem",
    "Severity",
    "SiteFile",
    "SiteFileError",
    "TierMapping",
    "Use",
    "check_file",
    "check_site",
    "load_site",
]
