"""Pictures of a board through a lens that is known exactly: every pixel is traced to the paper."""

import cv2
import numpy as np

from devices.cameras.board import Board

PX_PER_M = 4000.0
MARGIN_M = 0.02


def looking_at_board(*, tilt_x=0.0, tilt_y=0.0, turn=0.0, centre=(0.0, 0.0), distance_m=0.35):
    """(4, 4) camera_from_board: the board's middle seen at ``centre`` (x/z, y/z)."""
    pose = np.eye(4)
    for axis, angle in enumerate((tilt_x, tilt_y, turn)):
        rotation = np.zeros(3)
        rotation[axis] = angle
        pose[:3, :3] = cv2.Rodrigues(rotation)[0] @ pose[:3, :3]
    middle = np.array([*Board().size_m, 0.0]) / 2
    place = np.array([centre[0], centre[1], 1.0]) * distance_m
    pose[:3, 3] = place - pose[:3, :3] @ middle
    return pose


def picture(board, camera_from_board, intrinsics, distortion, size):
    """(h, w, 3) uint8: white paper with the board on a grey ground.

    ``intrinsics`` count pixels as the house does: the top left one's centre is (0.5, 0.5).
    """
    width, height = size
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) + 0.5
    pixels = grid.reshape(-1, 1, 2).astype(np.float64)
    flat = cv2.undistortPoints(
        pixels,
        intrinsics,
        np.array(distortion),
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-10),
    )
    rays = np.c_[flat.reshape(-1, 2), np.ones(width * height)]
    board_from_camera = np.linalg.inv(camera_from_board)
    origin = board_from_camera[:3, 3]
    directions = rays @ board_from_camera[:3, :3].T
    on_paper = origin + directions * (-origin[2] / directions[:, 2])[:, np.newaxis]
    paper = np.full([round((edge + 2 * MARGIN_M) * PX_PER_M) for edge in board.size_m[::-1]], 255)
    drawn = board.draw(px_per_m=PX_PER_M)
    edge = round(MARGIN_M * PX_PER_M)
    paper = paper.astype(np.uint8)
    paper[edge : edge + drawn.shape[0], edge : edge + drawn.shape[1]] = drawn
    paper = cv2.GaussianBlur(paper, (0, 0), 1.2)
    at = ((on_paper[:, :2] + MARGIN_M) * PX_PER_M - 0.5).astype(np.float32)
    at = at.reshape(height, width, 2)
    border = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": 90}
    grey = cv2.remap(paper, at[..., 0], at[..., 1], cv2.INTER_AREA, **border)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)
