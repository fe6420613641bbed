"""Samples of a server's `/metrics`."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.app.server import Likeness, eventually


class Metrics:
    """All samples of one scrape."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in families for sample in family.samples]

    def __call__(self, name: str, /, **labels: str) -> float:
        """The sum of the samples with this name and these labels; 0 if there is none."""
        return sum(
            sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        )

    def labels(self, name: str, label: str) -> set[str]:
        """All values of a label."""
        return {sample.labels[label] for sample in self.samples if sample.name == name}


def scraped(server: Likeness) -> Metrics:
    return Metrics(server.client.get("/metrics").text)


def counted(server: Likeness, name: str, value: float = 1, **labels: str) -> Metrics:
    """A scrape once the counter has reached `value`; a request is counted shortly after its answer."""
    eventually(lambda: scraped(server)(name, **labels) >= value)
    found = scraped(server)
    assert found(name, **labels) == value
    return found
