"""The dataset card: what a person on a hub reads first. Knows the facts, no file."""

from __future__ import annotations

import json
from typing import Any, Final

from recordings.lerobot.sidecar import Sidecar

_FRONT: Final = """---
license: apache-2.0
task_categories:
- robotics
tags:
- LeRobot
- foresight
configs:
- config_name: default
  data_files: data/*/*.parquet
---
"""


def card(facts: dict[str, Any], state: Sidecar) -> str:
    """Markdown with the front matter hubs look for."""
    minutes = state.frames / state.fps / 60
    tasks = "\n".join(f"- {task}" for task in state.tasks)
    cameras = ", ".join(f"{c.name} ({c.width}×{c.height})" for c in state.robot.cameras)
    counts = "rad, gripper 0 closed … 1 open"
    if state.units.value == "degrees":
        counts = "degrees, gripper 0 closed … 100 open"
    return (
        f"{_FRONT}\n"
        f"{len(state.episodes)} episodes of the robot {state.robot.name}, {minutes:.1f} minutes at"
        f" {state.fps} rows per second, exported by Foresight.\n\n"
        f"- Joints: {', '.join(state.robot.joint_names)} ({counts})\n"
        f"- Cameras: {cameras or 'none'}\n"
        "- `intervention`: a person drives in an episode in which a policy drives too\n"
        "- `authority`: who drives: 0 nobody, 1 a person, 2 a policy\n"
        "- `meta/stats.json` holds exact quantiles over all rows\n\n"
        f"Tasks:\n\n{tasks}\n\n"
        f"```json\n{json.dumps(facts, indent=4, ensure_ascii=False)}\n```\n"
    )
