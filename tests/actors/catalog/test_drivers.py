from actors.catalog import CATALOG


def test_a_modbus_meter_names_its_register_map_and_address():
    parameters = CATALOG["GenericPowermeter"].provides["main"].parameters

    assert parameters["model"].required
    assert (parameters["powermeter_device_id"].minimum, parameters["powermeter_device_id"].maximum) == (
        1,
        247,
    )


def test_the_serial_hub_of_everest_is_explained():
    assert "serial_device" in CATALOG["GenericPowermeter"].former_requires["serial_comm_hub"]
