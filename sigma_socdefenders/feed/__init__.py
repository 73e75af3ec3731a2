"""The SOC Defenders API: its records as a stream, read to the end or with an error."""

from sigma_socdefenders.feed.client import DEFAULT_BASE_URL, FeedClient, open_client
from sigma_socdefenders.feed.key import ApiKey
from sigma_socdefenders.feed.run import FeedRun
from sigma_socdefenders.feed.state import FeedState
from sigma_socdefenders.http.connection import AnswerLimits
from sigma_socdefenders.http.progress import Progress
from sigma_socdefenders.http.retry import RetryPolicy
from sigma_socdefenders.indicators.filters import Filters

__all__ = [
    "DEFAULT_BASE_URL",
    "AnswerLimits",
    "ApiKey",
    "FeedClient",
    "FeedRun",
    "FeedState",
    "Filters",
    "Progress",
    "RetryPolicy",
    "open_client",
]
