"""The settings, read once at an entrance and passed on as an argument.

Order: flag > environment > `.env` > `claimline.toml` in the data folder > defaults. Importing this module creates nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_config_dir, user_data_dir
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


def default_data_dir() -> Path:
    """Where data lives unless told otherwise; not created here."""
    return Path(user_data_dir("claimline", appauthor=False))


class Settings(BaseSettings):
    """Every knob, with its unit in its name. Environment variables carry the prefix `CLAIMLINE_`."""

    model_config = SettingsConfigDict(
        env_prefix="CLAIMLINE_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        toml_file=Path(user_config_dir("claimline", appauthor=False)) / "claimline.toml",
    )

    data_dir: Path = default_data_dir()
    database_url: str | None = None

    contact: str = ""
    user_agent: str = ""
    timeout_s: float = 20.0
    connect_timeout_s: float = 10.0
    total_timeout_s: float = 90.0
    retries: int = 3
    retry_after_cap_s: float = 120.0
    max_body_bytes: int = 20_000_000
    max_redirects: int = 8
    host_requests_per_s: float = 2.0
    host_concurrency: int = 2
    host_requests_per_run: int = 2_000
    fetch_concurrency: int = 16
    max_feed_items: int = 5_000
    obey_robots: bool = True
    clean_processes: int = 2

    model: str | None = None
    models_dir: Path | None = None
    judge_base_url: str | None = None
    judge_model: str | None = None
    judge_api_key_env: str = "CLAIMLINE_JUDGE_API_KEY"
    judge_scope: Literal["undecided", "all"] = "undecided"
    judge_timeout_s: float = 60.0
    judge_concurrency: int = 4
    judge_pairs_per_run: int = 500
    judge_price_in: float = 0.0  # for a million tokens, in your currency; only to tell a run's cost
    judge_price_out: float = 0.0
    translate_url: str | None = None
    translate_model: str | None = None  # set: an OpenAI-compatible endpoint; else a LibreTranslate-compatible one
    translate_to: str = "en"
    translate_api_key_env: str = "CLAIMLINE_TRANSLATE_API_KEY"
    translate_timeout_s: float = 30.0
    hub_url: str = "https://huggingface.co"

    retention_days_bytes: int = 365
    retention_days_text: int | None = None
    sufficient_share: float = 0.5

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            TomlConfigSettingsSource(settings_cls),
            file_secret_settings,
        )

    @property
    def effective_database_url(self) -> str:
        """The main database; SQLite in the data folder unless set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'claimline.db'}"

    @property
    def effective_models_dir(self) -> Path:
        """Where pulled models lie; in the data folder unless set."""
        return self.models_dir or self.data_dir / "models"

    @property
    def effective_user_agent(self) -> str:
        """An honest name with a contact where one is set."""
        if self.user_agent:
            return self.user_agent
        contact = f"; {self.contact}" if self.contact else ""
        return f"claimline/0.1 (+https://github.com/claimline/claimline{contact})"
