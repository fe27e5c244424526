"""One file a metric: its formula, source and unit. A new file here is a new metric."""

from importlib import import_module
from pkgutil import iter_modules

from metrics.measuring import Metric


class UnknownMetric(LookupError):
    """No file in this folder defines a metric of that code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"There is no metric {code!r}. There are: {', '.join(METRICS)}.")
        self.code = code


def find_metrics() -> dict[str, Metric]:
    found = [import_module(f"{__name__}.{module.name}").METRIC for module in iter_modules(__path__)]
    return {metric.code: metric for metric in sorted(found, key=lambda metric: metric.code)}


METRICS = find_metrics()


def get_metric(code: str) -> Metric:
    """
    Return the metric of that code.

    :raises UnknownMetric: If there is none.
    """
    try:
        return METRICS[code]
    except KeyError as error:
        raise UnknownMetric(code) from error
