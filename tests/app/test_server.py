import socket
import tomllib
from pathlib import Path

import pytest

from hotspots.app.server import SETTINGS, check_host, headers_for, packaged_settings, serve
from hotspots.errors import DisclosureRefused, UsageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_is_served(host):
    check_host(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "maps.example.org", "127.0.0.1.example.org", ""])
def test_any_other_address_is_refused_until_there_is_a_login(host):
    with pytest.raises(DisclosureRefused, match="no login"):
        check_host(host)


def test_serving_beyond_this_machine_starts_nothing(tmp_path):
    with pytest.raises(DisclosureRefused):
        serve(build=tmp_path, host="0.0.0.0")


def test_a_taken_port_and_a_bad_base_path_say_so(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(UsageError, match="is taken"):
            serve(build=tmp_path, port=holder.getsockname()[1])
    with pytest.raises(UsageError, match="not a path"):
        serve(build=tmp_path, base_path="../x?")
    with pytest.raises(UsageError, match="not a port"):
        serve(build=tmp_path, port=99999)


def test_only_the_frame_of_the_map_may_evaluate_scripts():
    page = dict(headers_for("/hotspots/"))[b"content-security-policy"]
    frame = dict(headers_for("/hotspots/component/streamlit_folium.st_folium/index.html"))[b"content-security-policy"]
    assert b"'unsafe-eval'" not in page
    assert b"'unsafe-eval'" in frame
    assert b"frame-ancestors 'self'" in page
    assert dict(headers_for("/"))[b"x-content-type-options"] == b"nosniff"


def test_fault_109_both_copies_of_the_settings_are_equal_and_call_nobody():
    assert SETTINGS.read_text(encoding="utf-8") == (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert packaged_settings()["browser.gatherUsageStats"] is False
    assert tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["server"]["address"] == "127.0.0.1"


def test_streamlit_run_finds_the_application_with_assets_and_headers_in_the_root_script():
    from streamlit.web.server.app_discovery import discover_asgi_app

    found = discover_asgi_app(ROOT / "app_streamlit.py")
    assert found.is_asgi_app
    assert found.app_name == "app"
    assert "middleware=middleware()" in (ROOT / "app_streamlit.py").read_text(encoding="utf-8")
