"""Processing pipelines for pySigma: `sigma list pipelines` shows them as `socdefenders_…`.

pySigma imports this folder whenever any plugin is looked for, so it imports nothing but `sigma.*`
and the standard library, and nothing in it reads a file or the network on import.
"""

from .placeholders import socdefenders_placeholders
from .rule_formats.defender_detection import socdefenders_defender_detection
from .rule_formats.elastic_dsl import socdefenders_elastic_dsl
from .rule_formats.elastic_rules import socdefenders_elastic_rules
from .rule_formats.opensearch_monitors import socdefenders_opensearch_monitors
from .rule_formats.saved_searches import socdefenders_splunk_savedsearches
from .rule_formats.sentinel_analytics import socdefenders_sentinel_analytics
from .schemas.crowdstrike import socdefenders_crowdstrike
from .schemas.defender import socdefenders_defender
from .schemas.elastic import (
    socdefenders_elastic,
    socdefenders_eql,
    socdefenders_esql,
    socdefenders_opensearch,
)
from .schemas.qradar import socdefenders_qradar, socdefenders_qradar_filter
from .schemas.secops import socdefenders_secops
from .schemas.sentinel import socdefenders_sentinel
from .schemas.splunk import socdefenders_splunk
from .schemas.splunk_cim import socdefenders_splunk_cim

pipelines = {
    "socdefenders_crowdstrike": socdefenders_crowdstrike,
    "socdefenders_defender": socdefenders_defender,
    "socdefenders_defender_detection": socdefenders_defender_detection,
    "socdefenders_elastic": socdefenders_elastic,
    "socdefenders_elastic_dsl": socdefenders_elastic_dsl,
    "socdefenders_elastic_rules": socdefenders_elastic_rules,
    "socdefenders_eql": socdefenders_eql,
    "socdefenders_esql": socdefenders_esql,
    "socdefenders_opensearch": socdefenders_opensearch,
    "socdefenders_opensearch_monitors": socdefenders_opensearch_monitors,
    "socdefenders_placeholders": socdefenders_placeholders,
    "socdefenders_qradar": socdefenders_qradar,
    "socdefenders_qradar_filter": socdefenders_qradar_filter,
    "socdefenders_secops": socdefenders_secops,
    "socdefenders_sentinel": socdefenders_sentinel,
    "socdefenders_sentinel_analytics": socdefenders_sentinel_analytics,
    "socdefenders_splunk": socdefenders_splunk,
    "socdefenders_splunk_cim": socdefenders_splunk_cim,
    "socdefenders_splunk_savedsearches": socdefenders_splunk_savedsearches,
}

# Without it, pySigma would take every name in this module for a pipeline.
__all__ = ["pipelines"]
