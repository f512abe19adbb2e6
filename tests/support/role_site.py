"""A site in which programs of their own fill every role there is, each wired where a site uses it."""

FILE = """
active_modules:
  evse_1: {module: ExternalEvseManager, mapping: {module: {evse: 1}}}
  evse_2:
    module: EvseManager
    mapping: {module: {evse: 2}}
    config_module: {connector_id: 2, evse_id: DE*PNX*E00002*1, ac_hlc_enabled: true}
    connections:
      bsp: [{module_id: board_2, implementation_id: board_support}]
      powermeter_grid_side: [{module_id: meter_2, implementation_id: main}]
      hlc: [{module_id: v2g_2, implementation_id: charger}]
      slac: [{module_id: slac_2, implementation_id: evse}]
  board_2: {module: ExternalBoard, mapping: {module: {evse: 2}}}
  meter_2: {module: ExternalPowermeter, mapping: {module: {evse: 2}}}
  slac_2: {module: SimulatedSlac, mapping: {module: {evse: 2}}}
  v2g_2:
    module: EvseV2G
    mapping: {module: {evse: 2}}
    config_module: {device: lo}
    connections: {security: [{module_id: security, implementation_id: main}]}
  security: {module: ExternalSecurity}
  extensions: {module: ExternalIso15118Extensions}
  auth: {module: ExternalAuth}
  reservation: {module: ExternalReservation}
  system: {module: ExternalSystem}
  display: {module: ExternalDisplay}
  transfer: {module: ExternalDataTransfer}
  ocpp:
    module: OCPP201
    connections:
      evse_manager:
        - {module_id: evse_1, implementation_id: evse}
        - {module_id: evse_2, implementation_id: evse}
      auth: [{module_id: auth, implementation_id: main}]
      reservation: [{module_id: reservation, implementation_id: main}]
      system: [{module_id: system, implementation_id: main}]
      security: [{module_id: security, implementation_id: main}]
      extensions_15118: [{module_id: extensions, implementation_id: main}]
      display_message: [{module_id: display, implementation_id: main}]
      data_transfer: [{module_id: transfer, implementation_id: main}]
  judge: {module: ExternalValidator}
  cards: {module: ExternalTokenProvider}
  gateway: {module: Gateway, config_module: {port: 0}}
"""
