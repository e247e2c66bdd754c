"""The four roles, each of which includes those before it, and the mark that says which one a view asks for.

viewer reads, reviewer decides, approver settles moves beyond `[overrides] approve_from_steps`, admin manages users.
"""

from collections.abc import Callable
from typing import TypeVar

ROLES = ("viewer", "reviewer", "approver", "admin")
PUBLIC = "public"

View = TypeVar("View", bound=Callable[..., object])


def includes(role: str, needed: str) -> bool:
    """Whether `role` may do what `needed` may."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def allows(role: str) -> Callable[[View], View]:
    """Mark a view with the least role that may call it; "public" is for those who haven't signed in. See access.py."""
    if role not in (*ROLES, PUBLIC):
        raise ValueError(f"no such role: {role!r}")

    def mark(view: View) -> View:
        view.needed_role = role  # type: ignore[attr-defined]
        return view

    return mark
