"""Which language models are set up, as the environment says; nothing else holds keys.

What is set up is asked in the order of LLM_PROVIDERS, "ollama,openai,anthropic,local" without it:

    ollama      OLLAMA_HOST, OLLAMA_MODEL
    openai      OPENAI_API_KEY, OPENAI_MODEL; OPENAI_BASE_URL for another server that speaks OpenAI's language
    anthropic   ANTHROPIC_API_KEY, ANTHROPIC_MODEL, ANTHROPIC_BASE_URL
    local       LLM_LOCAL: 1 for the model of common/llm_local.py, or the path of a GGUF file; LLM_THREADS

LLM_TIMEOUT is the longest time for one answer, 60 s without it.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from common.errors import UserError
from common.llm_local import Local
from common.llm_providers import (
    ANTHROPIC_MODEL,
    ANTHROPIC_URL,
    OLLAMA_PORT,
    OLLAMA_URL,
    OPENAI_MODEL,
    OPENAI_URL,
    Anthropic,
    Limits,
    Ollama,
    OpenAI,
    Provider,
)

KNOWN = ("ollama", "openai", "anthropic", "local")
ORDER_VARIABLE, LOCAL_VARIABLE = "LLM_PROVIDERS", "LLM_LOCAL"
TIME_VARIABLE, THREADS_VARIABLE = "LLM_TIMEOUT", "LLM_THREADS"
SET_UP = (
    "Set OLLAMA_HOST, OPENAI_API_KEY, OPENAI_BASE_URL or ANTHROPIC_API_KEY, or LLM_LOCAL=1 for a model on this machine"
)


def providers_of(environ: Mapping[str, str]) -> list[Provider]:
    """The providers in their order; none is asked. Raises UserError for a value that makes no sense."""
    limits = limits_of(environ)
    return [_provider(name, environ, limits) for name in _order(environ)]


def _order(environ: Mapping[str, str]) -> list[str]:
    """The names that LLM_PROVIDERS lists, "none" for none; without it those that are set up."""
    asked = environ.get(ORDER_VARIABLE, "").lower().replace(",", " ").split()
    if asked == ["none"]:
        return []
    if unknown := [name for name in asked if name not in KNOWN]:
        raise UserError(f"{ORDER_VARIABLE} names {unknown[0]!r}; there are {', '.join(KNOWN)}, or none for none.")
    set_up = {
        "ollama": ("OLLAMA_HOST", "OLLAMA_MODEL"),
        "openai": ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        "anthropic": ("ANTHROPIC_API_KEY",),
        "local": (LOCAL_VARIABLE,) if _wants_local(environ) else (),
    }
    there = [name for name in KNOWN if any(environ.get(variable, "").strip() for variable in set_up[name])]
    return list(dict.fromkeys(asked)) or there


def _provider(name: str, environ: Mapping[str, str], limits: Limits) -> Provider:
    def value(variable: str, default: str = "") -> str:
        return environ.get(variable, "").strip() or default

    if name == "ollama":
        host = value("OLLAMA_HOST", OLLAMA_URL)
        if "://" not in host:  # as Ollama itself reads it
            host = f"http://{host}" if ":" in host else f"http://{host}:{OLLAMA_PORT}"
        return Ollama(_address("OLLAMA_HOST", host), value("OLLAMA_MODEL"), limits)
    if name == "openai":
        url = _address("OPENAI_BASE_URL", value("OPENAI_BASE_URL", OPENAI_URL))
        model = value("OPENAI_MODEL", OPENAI_MODEL if url == OPENAI_URL else "")
        return OpenAI(url, model, limits, value("OPENAI_API_KEY"))
    if name == "anthropic":
        url = _address("ANTHROPIC_BASE_URL", value("ANTHROPIC_BASE_URL", ANTHROPIC_URL))
        return Anthropic(url, value("ANTHROPIC_MODEL", ANTHROPIC_MODEL), limits, value("ANTHROPIC_API_KEY"))
    path = value(LOCAL_VARIABLE)
    return Local(None if _is_flag(path) else Path(path).expanduser(), limits, _threads(environ))


def _wants_local(environ: Mapping[str, str]) -> bool:
    return environ.get(LOCAL_VARIABLE, "").strip().lower() not in ("", "0", "false", "no", "off")


def _is_flag(value: str) -> bool:
    return value.lower() in ("", "0", "1", "true", "false", "yes", "no", "on", "off")


def _address(variable: str, url: str) -> str:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return url.rstrip("/")
    shown = "its value" if "@" in url else repr(url)  # a password may stand before the @
    raise UserError(f"{variable}: {shown} is no address; write it as http://localhost:8000/v1.")


def _threads(environ: Mapping[str, str]) -> int | None:
    given = environ.get(THREADS_VARIABLE, "").strip()
    if given and not (given.isdecimal() and int(given) > 0):
        raise UserError(f"{THREADS_VARIABLE}={given!r} is no number of threads from 1 on.")
    return int(given) if given else None


def limits_of(environ: Mapping[str, str]) -> Limits:
    """The time limits. Raises UserError for a time that is none."""
    given = environ.get(TIME_VARIABLE, "").strip()
    if not given:
        return Limits()
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UserError(f"{TIME_VARIABLE}={given!r} is no number of seconds above 0.")
    return Limits(min(Limits.connect, seconds), min(Limits.silence, seconds), seconds)
