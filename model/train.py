"""Fine-tuning, one step at a time: batch → flow loss → clipped update → averaged weights.

Readable top to bottom. Every random draw of a step comes from generators seeded by (seed, step), so
a resumed run continues exactly as if it had never stopped. Knows no command line, no clock and no
episode files; it is handed a dataset, a model and a processor.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from model import checkpoint
from model.adapter_files import Base
from model.adapters import put_on
from model.augment import augment
from model.chunk_error import ComparedChunks
from model.data import Batch, Dataset
from model.depth_labels import label
from model.depth_lesson import with_answers
from model.frozen_eyes import FrozenEyes
from model.groups import choose_trainable, parameter_groups
from model.mix import Mix, shuffled_rows
from model.network import ModelInputs, MolmoAct2
from model.precision import Precision, lower_for_training
from model.processor import Processor
from model.ranks import Ranks
from model.recipe import Recipe, average_decay, rate_factor
from model.residual_dropout import drop_residuals
from model.transforms import UnitTransform
from recordings.types import F32, U8

PART_SEED = 7_919_000_009  # parts of one step draw far apart
ERROR_EXAMPLES = 16  # held-out chunks that are really drawn: each costs a plan
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
        ranks: Ranks | None = None,
        base: Base | None = None,  # of adapters: which weights they are put on
        precision: Precision = "fp32",
    ) -> None:
        self.model = model
        self.ranks = ranks or Ranks()
        self.base = base
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
        self.mix = None
        if recipe.corrections_share is not None:
            share = recipe.corrections_share
            self.mix = Mix.of(self.rows, dataset.source, corrections_share=share)
        self._eyes: FrozenEyes | None = None
        self._thoughts: torch.Tensor | None = None  # (pictures, cells) depth codes, of Think
        make_ready(model, recipe, precision=precision)
        model.to(self.ranks.device)
        self.groups = parameter_groups(model, frozen_words=recipe.frozen_words)
        self.optimizer = torch.optim.AdamW(
            [
                {"params": params, "name": name, "lr": recipe.learning_rate[name]}
                for name, params in self.groups.items()
            ],
            betas=recipe.betas,
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
        )
        self.learning = {k: p for k, p in model.named_parameters() if p.requires_grad}
        averages = self.learning if recipe.average else {}
        self.average = {k: p.detach().clone() for k, p in averages.items()}

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
        self._look_once()
        self._wake()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.ranks.add(sum(self._learn(step)))
        self.ranks.add_gradients(self.learning.values())
        skipped = not self._clip()
        if not skipped:
            self.optimizer.step()
        self._update_average()
        self.steps_done += 1
        return StepReport(loss=loss, skipped=skipped)

    def _learn(self, step: int) -> Iterator[float]:
        """Add up the gradients of this process's parts of a batch; yields their share of the loss.

        A part draws by its number alone, so several processes do what one does in as many parts.
        """
        recipe, ranks = self.recipe, self.ranks
        rows = self._rows(step)
        parts = np.array_split(rows, ranks.count * recipe.accumulate)
        for number in range(ranks.index, len(parts), ranks.count):
            part = parts[number]
            if not len(part):
                continue
            own = (number,) if number else ()
            if recipe.mode == "lora" or recipe.residual_dropout:
                torch.manual_seed(self.seed * 1_000_003 + step + number * PART_SEED)
            loss = self._loss(
                self.dataset.batch(part),
                rng=np.random.default_rng((self.seed, step, *own)),
                generator=torch.Generator().manual_seed(
                    self.seed * 1_000_003 + step + number * PART_SEED
                ),
                times=recipe.flow_times,
            )
            loss = loss * (len(part) / len(rows))
            loss.backward()
            yield loss.item()

    def _rows(self, step: int) -> npt.NDArray[np.int64]:
        size = self.recipe.batch_size
        if self.mix is not None:
            return self.mix.draw(batch_size=size, step=step, seed=self.seed)
        return shuffled_rows(self.rows, batch_size=size, step=step, seed=self.seed)

    def _wake(self) -> None:
        """Training mode; what does not learn at all stays as it is used later."""
        self.model.train()
        if self.recipe.mode == "freeze":
            self.model.backbone.eval()

    # ── looking from outside ───────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def averaged(self) -> Iterator[MolmoAct2]:
        """The network with its averaged weights, for as long as the block lasts."""
        own = {k: self.learning[k].data for k in self.average}
        try:
            for name, value in self.average.items():
                self.learning[name].data = value
            yield self.model.eval()
        finally:
            for name, value in own.items():
                self.learning[name].data = value

    def heldout_rows_of(self, count: int) -> npt.NDArray[np.int64]:
        """Up to ``count`` held-out rows, evenly spread; the same ones every time."""
        last = len(self.heldout_rows) - 1
        return self.heldout_rows[np.unique(np.linspace(0, last, count).astype(int))]

    def heldout_loss(self) -> float | None:
        """Loss of the averaged weights on episodes kept aside; None when none are."""
        if not len(self.heldout_rows):
            return None
        batch = self.dataset.batch(self.heldout_rows_of(HELDOUT_EXAMPLES))
        with self.averaged(), torch.no_grad():
            generator = torch.Generator().manual_seed(HELDOUT_SEED)
            return self._loss(batch, rng=None, generator=generator, times=4).item()

    def heldout_chunks(self) -> ComparedChunks | None:
        """Planned chunks beside recorded ones on episodes kept aside; None: none are."""
        if not len(self.heldout_rows):
            return None
        batch = self.dataset.batch(self.heldout_rows_of(ERROR_EXAMPLES))
        with self.averaged() as model, torch.no_grad():
            states = self.units.normalise_state(batch.state)
            inputs = self._inputs(batch, batch.images, states, rng=None)
            inputs, _ = self._with_thoughts(inputs, batch, None)
            horizon, columns = batch.action.shape[1], self.processor.config.max_action_dim
            generator = torch.Generator().manual_seed(HELDOUT_SEED)
            noise = torch.randn(len(states), 1, horizon, columns, generator=generator)
            _, is_pad = pad_actions(batch.action, columns=columns)
            device = self.ranks.device
            drawn = model.sample(inputs, noise.to(device), action_dim_is_pad=is_pad.to(device))
        joints = batch.action.shape[2]
        chunks = drawn[:, 0, :, :joints].float().cpu().numpy()
        planned = self.units.restore_actions(chunks, batch.state)
        return ComparedChunks(planned, batch.action, batch.valid, self.dataset.robot)

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
        inputs, labels = self._with_thoughts(
            self._inputs(batch, images, states, rng=rng), batch, None if rng is None else generator
        )
        wanted = self.units.normalise_actions(batch.action, batch.state)  # (b, h, n)
        actions, is_pad = pad_actions(wanted, columns=self.processor.config.max_action_dim)
        device = self.ranks.device
        masks = self.recipe.mask_padding
        return self.model.flow_loss(
            inputs,
            actions.to(device),
            action_dim_is_pad=is_pad.to(device),
            horizon_is_pad=torch.from_numpy(~batch.valid).to(device) if masks else None,
            times_per_sample=times,
            generator=generator,
            labels=labels,
        ).mean()

    def _inputs(
        self, batch: Batch, images: U8, states: F32, *, rng: np.random.Generator | None
    ) -> ModelInputs:
        """What the network sees of a batch, on its device."""
        inputs = self.processor.encode_batch(images, states=states, tasks=batch.tasks, tag=self.tag)
        if self._eyes is not None:
            inputs = self._eyes.give(inputs, batch.picture, rng)
        return inputs.to(self.ranks.device)

    def _with_thoughts(
        self, inputs: ModelInputs, batch: Batch, generator: torch.Generator | None
    ) -> tuple[ModelInputs, torch.Tensor | None]:
        """Of a Think checkpoint: prompts followed by their depth answers, and labels of those."""
        config = self.processor.config
        if not config.enable_depth_reasoning:
            return inputs, None
        if self._thoughts is None:
            self._thoughts = label(self.model, self.dataset, self._prompts)
        codes = self._thoughts[torch.from_numpy(batch.picture[:, 0])].to(self.ranks.device)
        return with_answers(inputs, codes, config, generator=generator)

    def _prompts(self, rows: npt.NDArray[np.int64]) -> ModelInputs:
        """What the network sees of these rows, unaltered."""
        batch = self.dataset.batch(rows)
        states = self.units.normalise_state(batch.state)
        return self._inputs(batch, batch.images, states, rng=None)

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
            for name, value in self.average.items():
                value.lerp_(self.learning[name], 1 - decay)

    # ── stopping and continuing ────────────────────────────────────────────────────────────────

    @property
    def kept_features_bytes(self) -> int:
        """Memory of picture features that are computed once."""
        return sum(f.nbytes for f in self._eyes.features) if self._eyes else 0

    @property
    def checkpoint_bytes(self) -> int:
        """About what :meth:`save` writes: weights (or adapters), and moments to go on from."""
        learning = sum(p.nbytes for p in self.learning.values())
        whole = sum(p.nbytes for p in self.model.parameters())
        weights = learning if self.recipe.adapter else whole
        return weights + learning * (4 if self.average else 3)

    def save(self, run_dir: Path, *, progress: Mapping[str, object]) -> Path:
        """Write a checkpoint: averaged weights to plan with, all else to continue from."""
        training = {f"weights.{k}": p.detach() for k, p in self.learning.items()}
        training |= {f"average.{k}": value for k, value in self.average.items()}
        if self._thoughts is not None:
            training["thoughts"] = self._thoughts
        names = {id(p): name for name, p in self.learning.items()}
        for parameter, state in self.optimizer.state.items():
            for key, value in state.items():
                training[f"optimizer.{key}.{names[id(parameter)]}"] = torch.as_tensor(value)
        adapter = self.recipe.adapter
        with self.averaged():
            return checkpoint.save(
                run_dir,
                step=self.steps_done,
                model=self.model,
                processor=self.processor,
                progress={**progress, "step": self.steps_done, "seed": self.seed, "tag": self.tag},
                training=training,
                adapter=(adapter, self.base) if adapter and self.base else None,
            )

    def restore(self, progress: Mapping[str, object], training: Mapping[str, torch.Tensor]) -> None:
        """Continue where :meth:`save` left off: ``progress`` and ``training`` are what it wrote."""
        self.steps_done = int(str(progress["step"]))
        for key, value in training.items():
            kind, _, rest = key.partition(".")
            if kind == "weights":
                with torch.no_grad():
                    self.learning[rest].copy_(value)
            elif kind == "average":
                self.average[rest].copy_(value)
            elif kind == "thoughts":
                self._thoughts = value.clone()
            elif kind == "optimizer":
                entry, _, name = rest.partition(".")
                self._remember(self.learning[name], entry, value)

    def _remember(self, parameter: torch.nn.Parameter, entry: str, value: torch.Tensor) -> None:
        """One number or moment of the optimiser, where its parameter is."""
        on_device = value.clone() if entry == "step" else value.to(parameter.device, copy=True)
        self.optimizer.state[parameter][entry] = on_device


def make_ready(model: MolmoAct2, recipe: Recipe, *, precision: Precision) -> None:
    """Adapters, dropout, precision and what may learn, as ``recipe`` wants it."""
    if recipe.adapter is not None:
        put_on(model, recipe.adapter)
    choose_trainable(model, recipe)
    lower_for_training(model, precision)
    if recipe.residual_dropout:
        drop_residuals(model, recipe.residual_dropout)
    model.saves_memory = recipe.checkpointing


def pad_actions(actions: np.ndarray, *, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(b, h, n) → (b, h, columns) with zeros on the right, and (b, columns) True where padded."""
    count, _, used = actions.shape
    padded = np.pad(actions, ((0, 0), (0, 0), (0, columns - used)))
    is_pad = torch.arange(columns).expand(count, columns) >= used
    return torch.from_numpy(padded.astype(np.float32)), is_pad
