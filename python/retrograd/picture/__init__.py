"""Pictures of graphs: nodes and edges as plain data, Graphviz, Mermaid and SVG. Start in `nodes`.

`columns` reads a graph into arrays, `fold` finds what repeats, `sketch` decides what is drawn;
`layers` and `graphviz` place it; `svg`, `dot` and `mermaid` write it. They are imported when used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..profiler.records import Recording
    from ..profiler.session import profile as Profile
    from .nodes import Graph


def graph(tensor: Any, profile: "Profile | Recording | None" = None) -> "Graph":
    """Look at the graph that a tensor was computed by.

    Parameters
    ----------
    tensor : Tensor
        The root: what it was made of is shown.
    profile : retrograd.profile or its recording, optional
        Colours nodes by their backward time and names their source lines. The graph must have
        been made while the profile was open.

    Returns
    -------
    Graph
        Nodes and edges as data; shows itself in notebooks and writes itself to files.

    Raises
    ------
    DTypeError
        If `tensor` is no Tensor.

    Examples
    --------
    >>> import retrograd
    >>> x, y = retrograd.Tensor(4.0), retrograd.Tensor(7.0)
    >>> g = retrograd.graph(x * y + y)
    >>> [node.op for node in g.nodes]
    ['', '', '*', '+']
    >>> g.edges[-1]
    Edge(source=1, target=3, position=1)
    """
    from .columns import read
    from .nodes import Graph

    return Graph(read(tensor, profile))
