"""Files that ship with Foresight: robot descriptions, icons, help pages, foundation weights.

One function, one code path in a checkout and in an installed wheel. Knows no other package.
"""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent


def asset(relative: str) -> Path:
    """Absolute path of a shipped file, e.g. ``asset("robots/so101/robot.xml")``.

    Raises:
        FileNotFoundError: naming the file, when the installation is incomplete.
    """
    path = _ROOT / relative
    if not path.exists():
        raise FileNotFoundError(
            f"Foresight is missing its file {relative} (looked in {_ROOT}); reinstall it"
        )
    return path
