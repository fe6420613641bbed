"""What the middleware must know of a route: stated as a decorator beside it, collected once for all routes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_ATTRIBUTE = "likeness_policy"  # of an endpoint: FastAPI does not write it into the OpenAPI document


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of a route, and the decorator that attaches it to the route's function."""

    public: bool = False  # GET and HEAD need no API key: for probes, and for browsers before a person can enter a key
    counted: bool = False  # a POST counts against the rate limit
    guarded: bool = False  # a POST brings photos: the gate checks that they are accepted, and that the form is whole
    kept: bool = False  # a POST brings a photo that is done later: it needs no place, but a form that is whole
    kept_many: bool = False  # as `kept`, of many photos, which are stored while they arrive
    takes_json: bool = False  # of a guarded path: the body may be JSON that says where the photo is
    quiet: bool = False  # asked so often that it is logged at the level DEBUG and not traced

    def __call__(self, endpoint: Endpoint) -> Endpoint:
        """Attach this policy to the function of a route."""
        setattr(endpoint, _ATTRIBUTE, self)
        return endpoint


@dataclass(frozen=True, slots=True)
class RoutePaths:
    """The paths of routes: all of them, and those with each policy."""

    every: frozenset[str]
    public: frozenset[str]
    public_folders: tuple[str, ...]  # mounts, with a slash at the end: every path under them is public
    counted: frozenset[str]
    guarded: frozenset[str]
    kept: frozenset[str]
    kept_many: frozenset[str]
    taking_json: frozenset[str]
    quiet: frozenset[str]


def collect(routes: Sequence[BaseRoute], others: Mapping[str, Policy]) -> RoutePaths:
    """Sort the paths of routes by their policies.

    `others` are the policies, by path, of mounts and of what FastAPI adds. Raises `ValueError` for a route without a
    policy, and for one with a policy and a parameter: the middleware compares paths before the router does.
    """
    policies: list[tuple[str, Policy]] = []  # a path may have several, one for each method
    mounts: set[str] = set()
    for route in iter_route_contexts(routes):
        path = str(route.path)
        policy = others.get(path) or getattr(route.endpoint, _ATTRIBUTE, None)
        if policy is None:
            raise ValueError(f"{path} has no Policy, so nobody has said whether it needs an API key.")
        if "{" in path and policy != Policy():
            raise ValueError(
                f"{path} has a parameter. Policies are found by the whole path, so this one would never be found."
            )
        policies.append((path, policy))
        if isinstance(route.original_route, Mount):
            mounts.add(path)
    public = {path for path, policy in policies if policy.public}
    return RoutePaths(
        every=frozenset(path for path, _ in policies),
        public=frozenset(public - mounts),
        public_folders=tuple(f"{path}/" for path in public & mounts),
        counted=frozenset(path for path, policy in policies if policy.counted),
        guarded=frozenset(path for path, policy in policies if policy.guarded),
        kept=frozenset(path for path, policy in policies if policy.kept),
        kept_many=frozenset(path for path, policy in policies if policy.kept_many),
        taking_json=frozenset(path for path, policy in policies if policy.takes_json),
        quiet=frozenset(path for path, policy in policies if policy.quiet),
    )
