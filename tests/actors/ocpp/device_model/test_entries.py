from actors.ocpp.device_model.entries import AllValues, ValueForgotten, ValueSet
from protocols.codec import decode, encode
from protocols.types.ocpp import AttributeEnum


def test_entries_come_back_as_they_were_written():
    entry = ValueSet(
        component="EVSE",
        component_instance="a",
        evse_id=1,
        connector_id=2,
        variable="Power",
        variable_instance="L1",
        attribute=AttributeEnum.MAX_SET,
        value="1",
        value_source="csms",
        configured="2",
    )
    gone = ValueForgotten(component="EVSE", variable="Power")

    assert decode(encode(AllValues(values=(entry,)))) == AllValues(values=(entry,))
    assert decode(encode(gone)) == gone
