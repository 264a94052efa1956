"""Fine-tuning, one step at a time: batch → flow loss → clipped update → averaged weights.

Readable top to bottom. Every random draw of a step comes from generators seeded by (seed, step), so
a resumed run continues exactly as if it had never stopped. Knows no command line, no clock and no
episode files; it is handed a dataset, a model and a processor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from model import checkpoint
from model.augment import augment
from model.data import Batch, Dataset, shuffled_rows
from model.frozen_eyes import FrozenEyes
from model.network import ModelInputs, MolmoAct2
from model.processor import Processor
from model.recipe import GROUPS, Recipe, average_decay, rate_factor
from model.transforms import UnitTransform

HELDOUT_EXAMPLES = 64  # enough for a steady number, cheap enough for every report
HELDOUT_SEED = 20_000_003  # one fixed draw of noise: the curve shows learning, not luck


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one update did."""

    loss: float
    skipped: bool  # a gradient was not finite: nothing was changed


class Trainer:
    """A model being fine-tuned, and all it takes to continue tomorrow."""

    def __init__(
        self,
        model: MolmoAct2,
        processor: Processor,
        dataset: Dataset,
        *,
        tag: str,
        recipe: Recipe,
        seed: int,
    ) -> None:
        self.model = model
        self.processor = processor
        self.dataset = dataset
        self.tag = tag
        self.recipe = recipe
        self.seed = seed
        self.steps_done = 0
        self.units = UnitTransform(processor.tags[tag])
        self.rows, self.heldout_rows = dataset.split(
            heldout_fraction=recipe.heldout_fraction, seed=seed
        )
        self._eyes: FrozenEyes | None = None
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(recipe.learning_rate[group_of(name)] > 0)
        self.groups = parameter_groups(model)
        self.optimizer = torch.optim.AdamW(
            [
                {"params": params, "name": name, "lr": recipe.learning_rate[name]}
                for name, params in self.groups.items()
            ],
            betas=recipe.betas,
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
        )
        self.average = {k: v.detach().clone() for k, v in model.state_dict().items()}

    # ── one step ───────────────────────────────────────────────────────────────────────────────

    def step(self, *, fraction: float) -> StepReport:
        """One update on the next batch.

        Args:
            fraction: how much of the run is over, 0 … 1; sets the learning rate.
        """
        recipe, step = self.recipe, self.steps_done
        factor = rate_factor(recipe, step=step, fraction=fraction)
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate[group["name"]] * factor
        rows = shuffled_rows(self.rows, batch_size=recipe.batch_size, step=step, seed=self.seed)
        self._look_once()
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._loss(
            self.dataset.batch(rows),
            rng=np.random.default_rng((self.seed, step)),
            generator=torch.Generator().manual_seed(self.seed * 1_000_003 + step),
            times=recipe.flow_times,
        )
        loss.backward()
        skipped = not self._clip()
        if not skipped:
            self.optimizer.step()
        self._update_average()
        self.steps_done += 1
        return StepReport(loss=loss.item(), skipped=skipped)

    def heldout_loss(self) -> float | None:
        """Loss of the averaged weights on episodes kept aside; None when none are."""
        if not len(self.heldout_rows):
            return None
        chosen = np.linspace(0, len(self.heldout_rows) - 1, HELDOUT_EXAMPLES).astype(int)
        batch = self.dataset.batch(self.heldout_rows[np.unique(chosen)])
        own = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        self.model.eval()
        with torch.no_grad():
            generator = torch.Generator().manual_seed(HELDOUT_SEED)
            loss = self._loss(batch, rng=None, generator=generator, times=4).item()
        self.model.load_state_dict(own)
        return loss

    def _loss(
        self,
        batch: Batch,
        *,
        rng: np.random.Generator | None,  # None: nothing is augmented
        generator: torch.Generator,
        times: int,
    ) -> torch.Tensor:
        """Mean flow loss of a batch."""
        images, states = batch.images, self.units.normalise_state(batch.state)
        if rng is not None:
            if self._eyes is None:
                flat = images.reshape(-1, *images.shape[2:])
                images = augment(flat, rng, amount=self.recipe.augmentation).reshape(images.shape)
            noise = rng.normal(0.0, self.recipe.state_noise, states.shape)
            states = (states + noise).astype(np.float32)
        inputs: ModelInputs = self.processor.encode_batch(
            images, states=states, tasks=batch.tasks, tag=self.tag
        )
        if self._eyes is not None:
            inputs = self._eyes.give(inputs, batch.picture, rng)
        wanted = self.units.normalise_actions(batch.action, batch.state)  # (b, h, n)
        actions, is_pad = pad_actions(wanted, columns=self.processor.config.max_action_dim)
        return self.model.flow_loss(
            inputs,
            actions,
            action_dim_is_pad=is_pad,
            times_per_sample=times,
            generator=generator,
        ).mean()

    def _look_once(self) -> None:
        """With frozen eyes: look at all pictures before the first step, and never again."""
        recipe, config = self.recipe, self.processor.config
        learns = any(recipe.learning_rate[group] > 0 for group in ("vision", "connector"))
        if self._eyes is not None or learns:
            return
        tokens, hidden = math.prod(config.token_grid), config.text.hidden_size
        if FrozenEyes.fits(self.dataset, looks=recipe.looks, tokens=tokens, hidden=hidden):
            self._eyes = FrozenEyes.look(
                self.model,
                self.processor,
                self.dataset,
                looks=recipe.looks,
                amount=recipe.augmentation,
                seed=self.seed,
            )

    def _clip(self) -> bool:
        """Clip each group's gradient; False when one is not finite."""
        norms = [
            torch.nn.utils.clip_grad_norm_(params, self.recipe.clip_norm)
            for params in self.groups.values()
        ]
        return all(math.isfinite(float(norm)) for norm in norms)

    def _update_average(self) -> None:
        decay = average_decay(self.recipe, step=self.steps_done)
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - decay)

    # ── stopping and continuing ────────────────────────────────────────────────────────────────

    def save(self, run_dir: Path, *, progress: Mapping[str, object]) -> Path:
        """Write a checkpoint: averaged weights to plan with, all else to continue from."""
        training = {f"weights.{k}": v.contiguous() for k, v in self.model.state_dict().items()}
        names = {id(p): name for name, p in self.model.named_parameters()}
        for parameter, state in self.optimizer.state.items():
            for key, value in state.items():
                training[f"optimizer.{key}.{names[id(parameter)]}"] = torch.as_tensor(value)
        return checkpoint.save(
            run_dir,
            step=self.steps_done,
            model=self.model,
            processor=self.processor,
            progress={**progress, "step": self.steps_done, "seed": self.seed, "tag": self.tag},
            training=training,
            weights=self.average,
        )

    def restore(self, loaded: checkpoint.Loaded, training: Mapping[str, torch.Tensor]) -> None:
        """Continue: ``loaded`` gave the averaged weights, ``training`` all the rest."""
        self.steps_done = int(loaded.progress["step"])
        self.average = {k: v.detach().clone() for k, v in loaded.model.state_dict().items()}
        self.model.load_state_dict(
            {k.removeprefix("weights."): v for k, v in training.items() if k.startswith("weights.")}
        )
        parameters = dict(self.model.named_parameters())
        for key, value in training.items():
            kind, _, rest = key.partition(".")
            if kind == "optimizer":
                entry, _, name = rest.partition(".")
                self.optimizer.state[parameters[name]][entry] = value.clone()


def parameter_groups(model: MolmoAct2) -> dict[str, list[torch.nn.Parameter]]:
    """Trainable parameters by recipe group."""
    groups: dict[str, list[torch.nn.Parameter]] = {name: [] for name in GROUPS}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[group_of(name)].append(parameter)
    return {name: params for name, params in groups.items() if params}


def group_of(parameter_name: str) -> str:
    """The recipe group of a parameter."""
    if parameter_name.startswith("expert."):
        return "expert"
    marks = (("vision_tower", "vision"), ("multi_modal_projector", "connector"))
    return next((group for mark, group in marks if mark in parameter_name), "text")


def pad_actions(actions: np.ndarray, *, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(b, h, n) → (b, h, columns) with zeros on the right, and (b, columns) True where padded."""
    count, _, used = actions.shape
    padded = np.pad(actions, ((0, 0), (0, 0), (0, columns - used)))
    is_pad = torch.arange(columns).expand(count, columns) >= used
    return torch.from_numpy(padded.astype(np.float32)), is_pad
