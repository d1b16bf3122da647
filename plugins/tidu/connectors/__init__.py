"""How bytes are fetched from the departments: one module per transport, one protocol, nothing kept."""

from tidu.connectors.protocol import AvailableDelivery, Connector, Endpoint, FetchedFile, connector_for

__all__ = ["AvailableDelivery", "Connector", "Endpoint", "FetchedFile", "connector_for"]
