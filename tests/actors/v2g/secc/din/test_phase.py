from actors.v2g.secc.din.phase import Phase, broken_off
from protocols.types.evse_manager import HlcSessionFailedReasonEnum as Reason


def test_a_talk_that_breaks_off_in_the_loop_was_interrupted():
    interrupted = {phase for phase in Phase if broken_off(phase.value) is Reason.CHARGING_INTERRUPTED}

    assert interrupted == {Phase.READY, Phase.CHARGING}


def test_before_and_after_charging_an_end_is_merely_unexpected():
    for phase in (Phase.SETUP, Phase.DISCOVERY, Phase.SELECTION, Phase.STOPPED, Phase.ENDED):
        assert broken_off(phase) is Reason.UNEXPECTED_SESSION_END
