"""How the studio has a policy served: with the bench it is for, so that another is refused.

Knows no torch and no checkpoint; the job does.
"""

from __future__ import annotations

import json
from pathlib import Path

from recordings.types import RobotSpec
from studio.jobs import foresight_command


def serve_command(run: Path, robot: RobotSpec) -> list[str]:
    """How to serve ``run`` to a bench of ``robot``; describes it in a file beside the job's own."""
    described = run / "serve" / "robot.json"
    described.parent.mkdir(parents=True, exist_ok=True)
    described.write_text(json.dumps(robot.to_dict(), indent=1) + "\n", encoding="utf-8")
    return foresight_command("serve", "--run", str(run), "--robot", str(described))
