"""What the workflows bring into Temporal's sandbox: it is imported anew for each case, so nothing heavy or effectful may be in it."""

import json
import subprocess
import sys

_LOOK = """
import json, sys
import temporalio.workflow, temporalio.contrib.pydantic
before = set(sys.modules)
import workflows.case, workflows.schedules
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_the_workflows_import_their_contract_and_nothing_else() -> None:
    found = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True).stdout

    assert json.loads(found) == ["workflows", "workflows.case", "workflows.contract", "workflows.faultpoints", "workflows.schedules"]
