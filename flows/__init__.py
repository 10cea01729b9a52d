"""What runs: the steps, and the Prefect flows around them.

Prefect's telemetry is off wherever this package is imported: `import prefect` would send a message, so this stands before it.
"""

import os

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
