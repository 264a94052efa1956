"""Image features of a whole data set, for eyes that do not learn: computed once, drawn from after.

Fine-tuning with a frozen image tower and connector spends most of its time on pictures it has seen
before. Here every picture is looked at once as it is and a few times slightly altered; a training
step then only draws which look to use. Knows no loss and no action.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from model.augment import Augmentation, augment
from model.backbone import pool, vision_features
from model.data import Dataset
from model.inputs import ModelInputs
from model.network import MolmoAct2
from model.processor import Processor

AT_ONCE = 64  # pictures per pass
LIMIT_BYTES = 2_000_000_000  # features beyond this are not kept: fine-tune such sets with open eyes


@dataclass(frozen=True, slots=True)
class FrozenEyes:
    """Features per camera: (looks, pictures, tokens, hidden) float16; look 0 is unaltered."""

    features: tuple[torch.Tensor, ...]

    @classmethod
    def look(
        cls,
        model: MolmoAct2,
        processor: Processor,
        dataset: Dataset,
        *,
        looks: int,
        amount: Augmentation,
        seed: int,
    ) -> FrozenEyes:
        """Look at every picture of ``dataset`` ``looks`` times, the first time without change."""
        model.eval()
        rng = np.random.default_rng((seed, looks))
        per_camera = []
        for pictures in dataset.pictures:
            parts = []
            for start in range(0, len(pictures), AT_ONCE):
                some = pictures[start : start + AT_ONCE]
                views = [some, *(augment(some, rng, amount=amount) for _ in range(looks - 1))]
                parts.append(torch.stack([_features(model, processor, view) for view in views]))
            per_camera.append(torch.cat(parts, dim=1))
        return cls(tuple(per_camera))

    @staticmethod
    def fits(dataset: Dataset, *, looks: int, tokens: int, hidden: int) -> bool:
        """Whether the features of ``dataset`` are small enough to keep."""
        count = sum(len(pictures) for pictures in dataset.pictures)
        return count * looks * tokens * hidden * 2 <= LIMIT_BYTES

    def give(
        self,
        inputs: ModelInputs,
        picture: npt.NDArray[np.int64],  # (b, cameras)
        rng: np.random.Generator | None,  # None: unaltered
    ) -> ModelInputs:
        """The same prompts with the features of their pictures filled in."""
        chosen = []
        for camera, features in enumerate(self.features):
            rows = torch.from_numpy(picture[:, camera])
            looks = rng.integers(0, len(features), len(rows)) if rng else np.zeros(len(rows), int)
            chosen.append(features[torch.from_numpy(looks), rows])
        stacked = torch.stack(chosen, dim=1).float()  # (b, cameras, tokens, hidden)
        return replace(inputs, features=stacked.flatten(0, 2))


@torch.no_grad()
def _features(
    model: MolmoAct2, processor: Processor, pictures: npt.NDArray[np.uint8]
) -> torch.Tensor:
    """(pictures, tokens, hidden) float16 of pictures (n, s, s, 3)."""
    native = model.backbone.model
    device = native.vision_tower.positional_embedding.device
    pixel_values, pooling = (part.to(device) for part in processor.patches(pictures))
    with model.products():
        found = pool(native, vision_features(native, pixel_values), pooling)
    return found.unflatten(0, (len(pictures), -1)).half().cpu()
