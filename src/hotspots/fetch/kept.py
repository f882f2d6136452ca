"""Answers kept on the disk until the whole is fetched: what was interrupted goes on where it stopped."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from hotspots.staging import staged


class Kept:
    """
    The answers to questions that were asked before, in a folder.

    A question is known by everything that decides its answer, the state of the service among it: when that changes,
    nothing kept is used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answer(self, question: Any, ask: Callable[[], Any]) -> Any:
        """The kept answer to a question, or the one that ``ask`` gets, which is then kept."""
        path = self._folder / f"{sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()}.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            pass  # not asked yet, or cut short: asked (again)
        answer = ask()
        self._folder.mkdir(parents=True, exist_ok=True)
        with staged(path) as stage:
            stage.write_text(json.dumps(answer), encoding="utf-8")
        return answer

    def forget(self) -> None:
        """Remove all answers: the whole was fetched."""
        shutil.rmtree(self._folder, ignore_errors=True)
