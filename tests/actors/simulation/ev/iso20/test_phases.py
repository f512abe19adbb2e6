from actors.simulation.ev.iso20 import table
from actors.simulation.ev.iso20.phases import Phase


def test_every_phase_belongs_to_a_table():
    assert set(Phase) == set(table.AC_TABLE) | set(table.DC_TABLE)
