"""The Temporal client every process of the product uses: address, TLS and API keys from the environment, payloads encrypted."""

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from ledger.keys import KeyRing
from ledger.settings import Settings
from workers.codec import data_converter


def runtime(metrics_address: str | None = None) -> Runtime:
    """The SDK's runtime; with an address it serves the SDK's own metrics there."""
    metrics = PrometheusConfig(bind_address=metrics_address) if metrics_address else None
    return Runtime(telemetry=TelemetryConfig(metrics=metrics))


async def connect(settings: Settings, keys: KeyRing, *, using: Runtime | None = None, lazy: bool = False) -> Client:
    """A client to the server of `TEMPORAL_ADDRESS` (and TEMPORAL_NAMESPACE, TEMPORAL_TLS_…, TEMPORAL_API_KEY, or a config file).

    With `lazy` the connection is made at the first call, so a process can start while Temporal is away.
    """
    config = ClientConfig.load_client_connect_config()
    config["target_host"] = settings.temporal_address
    codec = keys.codec
    return await Client.connect(**config, data_converter=data_converter(codec.keys, codec.current), runtime=using, lazy=lazy)
