"""Roles that somebody tries out: written into the address of a page, so that a link is all there is to share and to keep."""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from lastword.errors import ConfigurationError
from lastword.planning.capacity import NOWHERE
from lastword.planning_settings import Capacity, Role

MOST_SCENARIOS = 3
MOST_ROLES = 8
LONGEST_NAME = 60
_LARGEST = 50_000
_BROKEN = "this link to a scenario is cut off or changed: ask for it again, or set the scenario up anew"


@dataclass(frozen=True)
class Scenario:
    """A name and the roles, as [capacity] would have them."""

    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class RoleFields:
    """What stands in the fields of one role: as typed, whatever it is. sellers: by region."""

    name: str = ""
    per_seller: str = ""
    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sellers: dict[str, str] = field(default_factory=dict)
    removed: bool = False


@dataclass(frozen=True)
class ScenarioForm:
    """The fields of a scenario, and by the name of a field what is wrong there: one sentence."""

    name: str
    roles: tuple[RoleFields, ...]
    errors: dict[str, str] = field(default_factory=dict)


def written(scenario: Scenario) -> str:
    """A scenario as one word for an address."""
    roles = [role.model_dump(mode="json", exclude_defaults=True) for role in scenario.roles]
    text = json.dumps([scenario.name, roles], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def read(word: str) -> Scenario:
    """The scenario that `written` made a word of. ConfigurationError where it isn't one."""
    try:
        packed = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        name, roles = json.loads(unpacker.decompress(packed, _LARGEST).decode())
        if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME or not 1 <= len(roles) <= MOST_ROLES:
            raise ValueError
        return Scenario(name, Capacity.model_validate({"roles": roles}).roles)
    except (binascii.Error, zlib.error, ValueError, TypeError):
        raise ConfigurationError(_BROKEN) from None


def form_of(scenario: Scenario) -> ScenarioForm:
    """The fields as a scenario fills them."""
    return ScenarioForm(scenario.name, tuple(_fields(role) for role in scenario.roles))


def form_sent(sent: QueryDict, regions: Sequence[str]) -> ScenarioForm:
    """The fields as somebody filled them in; `regions` in the order in which the form has them."""
    count = min(MOST_ROLES, _whole(sent.get("roles", "")))
    roles = tuple(
        RoleFields(
            name=sent.get(f"role-{index}-name", "").strip(),
            per_seller=sent.get(f"role-{index}-per-seller", "").strip(),
            tiers=tuple(sent.getlist(f"role-{index}-tier")),
            segments=tuple(sent.getlist(f"role-{index}-segment")),
            sellers={
                region: text
                for place, region in enumerate(regions)
                if (text := sent.get(f"role-{index}-sellers-{place}", "").strip())
            },
            removed=bool(sent.get(f"role-{index}-removed")),
        )
        for index in range(count)
    )
    return ScenarioForm(sent.get("name", "").strip(), roles)


def checked(
    form: ScenarioForm, regions: Sequence[str], segments: Sequence[str], taken: Sequence[str] = ()
) -> Scenario | ScenarioForm:
    """The scenario of a form; the form with its errors where a field can't be. A role without any entry is none.

    `taken` are the names of the scenarios beside it.
    """
    errors: dict[str, str] = {}
    if not form.name:
        errors["name"] = "the scenario has no name: write one, as in More pooled sellers"
    elif len(form.name) > LONGEST_NAME:
        errors["name"] = f"the name has {len(form.name)} characters: write at most {LONGEST_NAME}"
    elif form.name in taken:
        errors["name"] = f"{form.name!r} is there already: write another name"
    roles: list[Role] = []
    for index, fields in enumerate(form.roles):
        if fields.removed or fields == RoleFields():
            continue
        found = _role(f"role-{index}", fields, [role.name for role in roles], regions, segments, errors)
        if found is not None:
            roles.append(found)
    if not roles and not errors:
        errors["roles"] = "no role is left, so nobody sells: keep one, or fill in a new one"
    return ScenarioForm(form.name, form.roles, errors) if errors else Scenario(form.name, tuple(roles))


def _role(
    at: str, fields: RoleFields, taken: Sequence[str], regions: Sequence[str], segments: Sequence[str], errors: dict[str, str]
) -> Role | None:
    wrong: dict[str, str] = {}
    if not fields.name:
        wrong["name"] = "the role has no name: write one, as in strategic"
    elif len(fields.name) > LONGEST_NAME or fields.name in taken:
        wrong["name"] = f"the role's name is there twice, or longer than {LONGEST_NAME} characters: write another"
    per_seller = _number(fields.per_seller)
    if per_seller is None or per_seller <= 0:
        wrong["per-seller"] = f"{_said(fields.per_seller)} accounts per seller can't be: write a number above 0, as in 12"
    if not set(fields.tiers) <= {"1", "2", "3"}:
        wrong["tier"] = "a tier is 1, 2 or 3: choose among them"
    if not set(fields.segments) <= set(segments):
        wrong["segment"] = f"a segment is one of the plan's: {', '.join(segments)}"
    sellers: dict[str, float] = {}
    for place, region in enumerate(regions):
        text = fields.sellers.get(region, "")
        count = _number(text) if text else None
        if text and (count is None or count < 0):
            wrong[f"sellers-{place}"] = f"{_said(text)} sellers in {region} can't be: write a number from 0 up, as in 4"
        elif count is not None:
            sellers[region] = count
    errors.update({f"{at}-{name}": said for name, said in wrong.items()})
    if wrong or per_seller is None:
        return None
    tiers = tuple(sorted(int(tier) for tier in set(fields.tiers)))
    return Role(name=fields.name, accounts_per_seller=per_seller, tiers=tiers, segments=fields.segments, sellers=sellers)


def _fields(role: Role) -> RoleFields:
    tiers = tuple(str(tier) for tier in role.tiers)
    sellers = {region: f"{count:g}" for region, count in role.sellers.items()}
    return RoleFields(role.name, f"{role.accounts_per_seller:g}", tiers, role.segments, sellers)


def regions_of(given: Sequence[str], setups: Sequence[Scenario]) -> list[str]:
    """The regions of a form: those of the accounts, and further ones that a role names."""
    named = [region for setup in setups for role in setup.roles for region in role.sellers]
    known = [*given, *(region for region in named if region not in given)]
    return list(dict.fromkeys(known)) or [NOWHERE]


def _number(text: str) -> float | None:
    """12, 12.5 and 1,200; None for anything else."""
    try:
        found = float(text.replace(",", ""))
    except ValueError:
        return None
    return found if math.isfinite(found) and found <= 1e9 else None


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _said(text: str) -> Any:
    return repr(text[:30]) if text else "no number of"
