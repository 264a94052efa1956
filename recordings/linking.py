"""The same recording under another name, without a second copy where the disk allows it."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Final

_NO_LINKS: Final = frozenset({errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link; a copy, complete or not at all, where links do not work.

    Raises:
        OSError: the target exists, or the disk is full.
    """
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        copy = target.with_name(f"{target.name}.part")
        try:
            shutil.copyfile(source, copy)
            copy.rename(target)
        finally:
            copy.unlink(missing_ok=True)
