import pickle

import pytest

from protocols.errors import ERROR_TYPES, LISTS, EvseManager, Generic, PowerSupplyDc, error_type


def test_an_error_is_its_full_type_and_says_what_it_means():
    error = PowerSupplyDc.OVER_CURRENT_DC

    assert error == "power_supply_DC/OverCurrentDC"
    assert (error.list_name, error.short_name) == ("power_supply_DC", "OverCurrentDC")
    assert error.meaning == "Output current too high."


def test_an_error_is_found_by_its_full_type():
    assert error_type("evse_manager/Internal") is EvseManager.INTERNAL
    assert EvseManager("evse_manager/Internal") is EvseManager.INTERNAL


@pytest.mark.parametrize(
    "text", ["Internal", "evse_manager/internal", "evse_manager/", "", "generic/Internal"]
)
def test_anything_else_is_no_error_type(text):
    with pytest.raises(ValueError, match="no error has the type"):
        error_type(text)


def test_the_table_holds_every_error_of_every_list():
    assert set(ERROR_TYPES.values()) == {error for errors in LISTS for error in errors}
    assert all(ERROR_TYPES[error.value] is error for error in ERROR_TYPES.values())


def test_errors_of_one_name_in_two_lists_differ():
    assert Generic.VENDOR_ERROR != PowerSupplyDc.VENDOR_ERROR
    assert Generic.VENDOR_ERROR.short_name == PowerSupplyDc.VENDOR_ERROR.short_name


def test_every_list_is_named_like_its_errors():
    for errors in LISTS:
        assert len({error.list_name for error in errors}) == 1


def test_an_error_survives_pickling_as_itself():
    assert pickle.loads(pickle.dumps(Generic.VENDOR_WARNING)) is Generic.VENDOR_WARNING
