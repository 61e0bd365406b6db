"""Groups of rows that hang together, directly or through others."""


class Groups:
    """Disjoint sets of names: whatever is joined, directly or through others, is one group (union-find)."""

    def __init__(self) -> None:
        """Begin with every name alone."""
        self._parents: dict[str, str] = {}

    def root(self, member: str) -> str:
        """Return the member that stands for the group of ``member``; who was never joined takes no memory."""
        parents = self._parents
        while (parent := parents.get(member, member)) != member:
            parents[member] = member = parents.get(parent, parent)  # path halving
        return member

    def join(self, one: str, other: str) -> None:
        """Make the groups of both one group, for which the root of ``other`` stands."""
        self._parents[self.root(one)] = self.root(other)
