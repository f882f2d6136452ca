"""Nothing is undocumented: the generated pages are what the declarations say, and the README names every command."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from hotspots.cli import application
from hotspots.settings import AreaFile, load_area
from hotspots.snapshot import Build

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_configuration_page_is_what_the_settings_declare(generate: ModuleType) -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == generate.configuration()


def test_the_data_dictionary_is_what_the_tables_declare(generate: ModuleType) -> None:
    assert (ROOT / "docs/data-dictionary.md").read_text(encoding="utf-8") == generate.data_dictionary()


def test_the_page_of_audiences_is_what_the_code_does(generate: ModuleType, example_build: Build) -> None:
    assert (ROOT / "docs/audiences.md").read_text(encoding="utf-8") == generate.audiences(example_build)


def test_fault_136_every_setting_says_what_it_means(generate: ModuleType) -> None:
    silent = [
        f"{heading} {name}"
        for heading, model in generate.sections()
        for name, field in model.model_fields.items()
        if not field.description and name != "kind"
    ]
    assert silent == []


def test_every_key_of_the_shipped_area_file_is_on_the_page() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    shipped = load_area(ROOT / "hotspots.toml").file
    assert isinstance(shipped, AreaFile)
    for section in AreaFile.model_fields:
        assert f"[{section}]" in page


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [
        command.name or command.callback.__name__ for command in application.registered_commands if command.callback
    ]
    for name in [*names, "boundaries", "crimes", "boundaries fetch", "crimes fetch"]:
        assert f"hotspots {name}" in readme, name


def _recipes() -> list[str]:
    texts = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("recipes.md", "premises.md")]
    return [part.split("```")[0] for text in texts for part in text.split("```python\n")[1:]]


@pytest.mark.parametrize("recipe", _recipes())
def test_every_recipe_runs_as_it_stands(
    recipe: str, example_build: Build, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    folder = str(example_build.folder.parent)
    exec(compile(recipe.replace('open_build("build")', f"open_build({folder!r})"), "recipe", "exec"), {})
    assert capsys.readouterr().out.strip()
