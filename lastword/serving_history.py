"""Which version serves, by hand: a promotion that the guard allows or somebody answers for, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lastword.errors import LastwordError, Refusal
from lastword.run import lock, stated

if TYPE_CHECKING:
    from lastword.project import Project
    from models.registry import Version


@dataclass(frozen=True)
class Moved:
    """What a promotion or the way back did. `before` served until then; `remarks` are what whoever did it should know."""

    version: str
    before: str | None
    remarks: tuple[str, ...]


def listed(project: "Project") -> list[dict[str, Any]]:
    """Every version, newest first, with its key figures, what the guard said and when it served; for --json as it is."""
    from models.registry import versions

    return [_as_record(version) for version in versions(project)]


def promote_version(project: "Project", version: str, by: str, note: str, override: str | None, now: datetime) -> Moved:
    """Let a version serve.

    Raises
    ------
    Refusal
        There is no such version, it serves already, the guard refused it at training and `override` doesn't say why it should
        serve all the same, its files are gone, or its features mean something else today.
    """
    from models.registry import Move, get_version, promote

    if override is not None and not override.strip():
        raise Refusal("--override-guard needs a reason in words, as in --override-guard 'the market has changed'")
    _open_record(project)
    with stated(project.state_folder), lock(project, now):
        chosen = get_version(project, version)
        if "champion" in chosen.aliases:
            raise Refusal(f"version {version} serves already")
        refused = guard_refuses(chosen)
        if refused and override is None:
            raise Refusal(
                f"the guard refuses version {version}: {refused}; to let it serve all the same, say why: --override-guard REASON"
            )
        require_servable(project, version)
        before = promote(project, version, Move(now, by, "hand", note, (override or "") if refused else ""))
    overruled = f"; the guard overruled: {override}" if refused else ""
    _record(by, version, before, f"Model version {version} is promoted{_in_place_of(before)}{overruled}", note, now)
    return Moved(version, before, remarks(project, chosen.tags, before))


def roll_back(project: "Project", by: str, note: str, now: datetime) -> Moved:
    """Let the version serve again that served before the one that serves now.

    Raises
    ------
    Refusal
        No model serves, none served before it, or that one can't serve any more.
    """
    from models.registry import Move, aliases, get_version, go_back, previous_champion

    _open_record(project)
    with stated(project.state_folder), lock(project, now):
        leaving = aliases(project).get("champion")
        if leaving is None:
            raise Refusal("no model serves; see `lastword model list`")
        target = previous_champion(project)
        if target is None:
            raise Refusal(f"no other version served before version {leaving}; see `lastword model list`")
        chosen = get_version(project, target)
        require_servable(project, target)
        go_back(project, target, Move(now, by, "rollback", note))
    _record(by, target, leaving, f"Model version {target} is brought back{_in_place_of(leaving)}", note, now)
    return Moved(target, leaving, remarks(project, chosen.tags, None))


def _open_record(project: "Project") -> None:
    """Open the store that keeps the record of events, before anything moves: who can't record it can't do it."""
    from overrides.store import open_store

    open_store(project.store_url)


def _record(by: str, version: str, before: str | None, said: str, note: str, now: datetime) -> None:
    from overrides.events import PROMOTION, record

    record(PROMOTION, by, version, said + (f": {note}" if note else ""), now, {"before": before, "note": note})


def _in_place_of(before: str | None) -> str:
    return f" in place of version {before}" if before else ""


def guard_refuses(version: "Version") -> str:
    """Why the guard wouldn't let a version serve; "" where it would. A version without a record of it is refused too."""
    return version.tags.get("guard_refuses", "there is no record of what the guard said of it")


def require_servable(project: "Project", version: str) -> None:
    """A Refusal where a version's files are gone or can't be read, or its features' definitions have changed since."""
    from models.registry import files_of
    from models.served import load_served

    try:
        load_served(files_of(project, version).folder)
    except LastwordError as error:
        raise Refusal(f"version {version} cannot serve: {error}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"version {version} cannot serve: its files cannot be read ({error}); promote another version") from error


def remarks(project: "Project", tags: Mapping[str, str], before: str | None) -> tuple[str, ...]:
    """What a version's training doesn't share with today: the champion it was compared with, and settings of an experiment."""
    said = []
    compared = tags.get("compared_with")
    if before and compared != before:
        other = f"version {compared}" if compared else "no champion"
        said.append(f"It was compared with {other}, not with version {before}, which served until now.")
    if tags.get("changed_settings"):
        said.append(
            f"It was trained with settings that lastword.toml may not have: {tags['changed_settings']}. "
            "Write them there, or the next training goes back to the old ones."
        )
    return tuple(said)


def _as_record(version: "Version") -> dict[str, Any]:
    import json

    tags = version.tags
    return {
        "version": version.version,
        "trained_at": f"{version.trained_at:%Y-%m-%dT%H:%M:%SZ}",
        "aliases": list(version.aliases),
        **{name: tags.get(name) for name in ("as_of", "mode", "command", "by", "run_id", "compared_with")},
        "mlflow_run_id": version.run_id,
        "figures": json.loads(tags.get("figures", "{}")),
        "promoted": tags.get("promoted") == "yes" if "promoted" in tags else None,
        "refused_because": tags.get("refused_because") or None,
        "guard_refuses": guard_refuses(version) or None,
        "changed_settings": tags.get("changed_settings") or None,
        **{name: tags.get(name) or None for name in SERVING_TAGS},
    }


SERVING_TAGS = (
    "promoted_at",
    "promoted_by",
    "promoted_how",
    "promoted_note",
    "guard_overridden",
    "replaces",
    "rolled_back_at",
    "rolled_back_by",
    "rolled_back_note",
    "replaced_by",
)
"""What is recorded on a version when it comes to serve, and when it is taken back."""
