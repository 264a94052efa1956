"""The plans of an episode, in and out of its HDF5 group ``plans``. Knows no policy."""

from __future__ import annotations

import json

import h5py
import numpy as np

from recordings.errors import WireError
from recordings.journal import Kind
from recordings.journal_reader import Journal
from recordings.stored import Stored
from recordings.types import DepthTrace, Plan
from recordings.wire import decode_plan


def write_plans(group: h5py.Group, journal: Journal) -> int:
    """Store every plan of the journal, in order; returns how many are unreadable."""
    unreadable = 0
    for number, record in enumerate(journal.of_kind(Kind.PLAN)):
        try:
            plan = decode_plan(journal.payload(record))
        except WireError:
            unreadable += 1
            continue
        _write_plan(group.create_group(f"{number:06d}"), plan, t_ns=record.t_ns)
    return unreadable


def read_plans(group: Stored) -> list[Plan]:
    """Inverse of :func:`write_plans`."""
    return [_read_plan(group.group(name)) for name in group]


def _write_plan(group: h5py.Group, plan: Plan, *, t_ns: int) -> None:
    group.create_dataset("q", data=plan.q)
    if plan.samples is not None:
        group.create_dataset("samples", data=plan.samples)
    group.attrs.update(
        t_mono_ns=t_ns,
        id=plan.id,
        epoch=plan.epoch,
        dt_s=plan.dt_s,
        observed_ns=plan.observed_ns,
        policy=plan.policy,
        timings=json.dumps(dict(plan.timings)),
        seed=plan.seed,
        notes=json.dumps(list(plan.notes)),
    )
    if (trace := plan.reasoning) is not None:
        reasoning = group.create_group("reasoning")
        reasoning.create_dataset("codes", data=trace.codes)
        reasoning.create_dataset("updated", data=trace.updated)
        reasoning.attrs["took_ms"] = trace.took_ms
        if trace.relative_depth is not None:
            reasoning.create_dataset("relative_depth", data=trace.relative_depth)


def _read_plan(group: Stored) -> Plan:
    q = group.array("q", dtype=np.float32, shape=(None, None))
    samples = None
    if "samples" in group:
        samples = group.array("samples", dtype=np.float32, shape=(None, *q.shape))
    return Plan(
        id=group.integer("id"),
        epoch=group.integer("epoch"),
        q=q,
        dt_s=group.number("dt_s"),
        observed_ns=group.integer("observed_ns"),
        policy=group.text("policy"),
        samples=samples,
        reasoning=_read_trace(group.group("reasoning")) if "reasoning" in group else None,
        timings=group.json("timings"),
        seed=group.integer("seed"),
        notes=_notes(group),
    )


def _notes(group: Stored) -> tuple[str, ...]:
    """Sentences kept with a plan; episodes of older versions have none."""
    return tuple(map(str, group.json("notes"))) if group.has("notes") else ()


def _read_trace(group: Stored) -> DepthTrace:
    depth = None
    if "relative_depth" in group:
        depth = group.array("relative_depth", dtype=np.float32, shape=(None, None))
    return DepthTrace(
        codes=group.array("codes", dtype=np.int16, shape=(10, 10)),
        updated=group.array("updated", dtype=np.bool_, shape=(10, 10)),
        took_ms=group.number("took_ms"),
        relative_depth=depth,
    )
