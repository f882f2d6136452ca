"""Build hook: a wheel without the browser assets would show a blank map, so such a wheel is not built."""

import hashlib
import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src", "hotspots", "app", "static", "vendor")


class BrowserAssetsHook(BuildHookInterface[Any]):
    """Refuse a wheel whose Leaflet and jQuery were not installed, or are not the files that set-up wrote."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check the assets of a standard wheel; an editable install may come before them."""
        del build_data
        if version == "editable":
            return
        fault = assets_fault(Path(self.root, VENDOR))
        if fault:
            self.app.abort(f"Browser assets: {fault}. Run `python start.py setup`, then build the wheel again.")


def assets_fault(vendor: Path) -> str:
    """Say what is wrong with the installed browser assets, or nothing when every file matches the manifest."""
    manifest = vendor / "manifest.json"
    if not manifest.is_file():
        return f"{VENDOR.as_posix()}/manifest.json is missing"
    for name, sha256 in json.loads(manifest.read_text(encoding="utf-8")).items():
        asset = vendor / name
        if not asset.is_file():
            return f"{VENDOR.as_posix()}/{name} is missing"
        if hashlib.sha256(asset.read_bytes()).hexdigest() != sha256:
            return f"{VENDOR.as_posix()}/{name} is not the file that was installed"
    return ""
