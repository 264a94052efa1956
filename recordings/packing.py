"""Dictionaries with arrays as bytes and back: msgpack with one extension for numpy, never pickle.

An array travels as ``{"__ndarray__": 1, "data": bytes, "dtype": "<f4", "shape": [h, n]}``. Object
and structured arrays are refused in both directions. Does not know what the messages mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgpack
import numpy as np
import numpy.typing as npt

from recordings.errors import WireError

MAX_MESSAGE_BYTES: Final = 16 * 2**20  # 16 MiB; three 1080p pictures and a plan fit
_MARK: Final = "__ndarray__"
_PLAIN_KINDS: Final = "biuf"  # bool, integers, floats
_MAX_DIMENSIONS: Final = 6

Array = npt.NDArray[Any]


def pack(message: Mapping[str, Any]) -> bytes:
    """The bytes of a message.

    Raises:
        WireError: for an array that is not plain numbers, a value without a wire form, or a message
            above 16 MiB.
    """
    try:
        data = cast("bytes", msgpack.packb(message, default=_pack_array))
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError("message", value=str(error), expected="plain values and arrays") from error
    _check_size(len(data))
    return data


def unpack(data: bytes) -> dict[str, Any]:
    """The message in ``data``; arrays are read-only views into it.

    Raises:
        WireError: for anything else than one well-formed message.
    """
    _check_size(len(data))
    try:
        message = msgpack.unpackb(data, object_hook=_unpack_array, ext_hook=_refuse_extension)
    except (msgpack.UnpackException, ValueError, TypeError, OverflowError) as error:
        raise WireError("message", value=str(error), expected="one msgpack map") from error
    if not isinstance(message, dict):
        raise WireError("message", value=message, expected="a map")
    return cast("dict[str, Any]", message)


def _check_size(size: int) -> None:
    if size > MAX_MESSAGE_BYTES:
        raise WireError(
            "message", value=f"{size} bytes long", expected=f"at most {MAX_MESSAGE_BYTES} bytes"
        )


def _pack_array(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray):
        raise WireError("message", value=type(value).__name__, expected="a value with a wire form")
    if value.dtype.kind not in _PLAIN_KINDS:
        raise WireError("dtype", value=str(value.dtype), expected="plain numbers")
    little = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    return {
        _MARK: 1,
        "data": little.data.cast("B") if little.size else b"",
        "dtype": little.dtype.str,
        "shape": value.shape,
    }


def _unpack_array(found: dict[str, Any]) -> object:
    if _MARK not in found:
        return found
    text, data, shape = found.get("dtype"), found.get("data"), found.get("shape")
    if not isinstance(text, str) or len(text) > 4:
        raise WireError("dtype", value=text, expected="a dtype like '<f4'")
    try:
        dtype = np.dtype(text)
    except (TypeError, ValueError, SyntaxError) as error:
        raise WireError("dtype", value=text, expected="a dtype like '<f4'") from error
    if dtype.kind not in _PLAIN_KINDS:
        raise WireError("dtype", value=text, expected="plain numbers")
    if (
        not isinstance(shape, list)
        or len(shape) > _MAX_DIMENSIONS
        or any(type(size) is not int or size < 0 for size in shape)
    ):
        raise WireError("shape", value=shape, expected="a list of sizes")
    wanted = math.prod(shape) * dtype.itemsize
    if not isinstance(data, bytes) or len(data) != wanted:
        got = len(data) if isinstance(data, bytes) else data
        raise WireError("data", value=got, expected=f"{wanted} bytes")
    return np.frombuffer(data, dtype).reshape(shape)


def _refuse_extension(code: int, data: bytes) -> object:
    raise WireError(f"extension {code}", value=data, expected="no extension types")


class Fields:
    """Reads the fields of one unpacked message, each with its kind."""

    def __init__(self, message: Mapping[str, Any], *, where: str = "") -> None:
        self._message = message
        self._where = where

    def _take(self, name: str, expected: str) -> Any:  # noqa: ANN401 - checked by every caller
        if name not in self._message:
            raise WireError(self._where + name, value="missing", expected=expected)
        return self._message[name]

    def _wrong(self, name: str, value: object, expected: str) -> WireError:
        return WireError(self._where + name, value=value, expected=expected)

    def text(self, name: str) -> str:
        value = self._take(name, "text")
        if not isinstance(value, str):
            raise self._wrong(name, value, "text")
        return value

    def integer(self, name: str, *, lowest: int = -(2**63)) -> int:
        expected = "an integer" if lowest < -(2**62) else f"an integer ≥ {lowest}"
        value = self._take(name, expected)
        if type(value) is not int or value < lowest:
            raise self._wrong(name, value, expected)
        return value

    def number(self, name: str) -> float:
        value = self._take(name, "a finite number")
        if type(value) not in (int, float) or not math.isfinite(value):
            raise self._wrong(name, value, "a finite number")
        return float(value)

    def array(
        self, name: str, *, dtype: npt.DTypeLike, shape: Sequence[int | None], meaning: str
    ) -> Array:
        """A read-only array; ``None`` in ``shape`` stands for any size, ``meaning`` names it."""
        value = self._take(name, meaning)
        fits = (
            isinstance(value, np.ndarray)
            and value.ndim == len(shape)
            and all(
                want is None or want == got for want, got in zip(shape, value.shape, strict=True)
            )
        )
        if not fits:
            got = value.shape if isinstance(value, np.ndarray) else value
            raise self._wrong(name, got, meaning)
        if not np.can_cast(value.dtype, dtype, casting="same_kind"):
            raise self._wrong(name, str(value.dtype), meaning)
        cast_value = value.astype(dtype, copy=False)
        cast_value.flags.writeable = False
        return cast_value

    def absent(self, name: str) -> bool:
        """The field is missing or None."""
        return self._message.get(name) is None

    def optional_array(
        self, name: str, *, dtype: npt.DTypeLike, shape: Sequence[int | None], meaning: str
    ) -> Array | None:
        if self.absent(name):
            return None
        return self.array(name, dtype=dtype, shape=shape, meaning=meaning)

    def mapping(self, name: str) -> dict[str, Any]:
        value = self._take(name, "a map")
        if not isinstance(value, dict):
            raise self._wrong(name, value, "a map")
        return value

    def sequence(self, name: str) -> list[Any]:
        value = self._take(name, "a list")
        if not isinstance(value, list):
            raise self._wrong(name, value, "a list")
        return value

    def nested(self, name: str) -> Fields:
        return Fields(self.mapping(name), where=f"{self._where}{name}.")
