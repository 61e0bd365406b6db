"""Groups of rows that hang together, directly or through others."""


class Groups:
    """Disjoint sets of names: whatever is joined, directly or through others, is one group (union-find)."""

    def __init__(self) -> None:
        """Begin with every name alone."""
        self._parents: dict[str, str] = {}

    def root(self, member: str) -> str:
        """Return the member that stands for the group of ``member``."""
        parents = self._parents
        parents.setdefault(member, member)
        while parents[member] != member:
            parents[member] = parents[parents[member]]  # path halving
            member = parents[member]
        return member

    def join(self, one: str, other: str) -> None:
        """Make the groups of both one group, for which the root of ``other`` stands."""
        self._parents[self.root(one)] = self.root(other)
