"""Operations on trees and proposals."""

from functools import partial

from rflow.core.session.experience import NodeFlag, TreeStats
from rflow.core.tree.model import Tree
from rflow.ports.paging import Key, oldest_first
from rflow.ports.values import Proposal, TreeName
from rflow.ports.wire import trees as s
from rflow.ports.wire.basics import Listing
from rflow.web.api.operations.operation import Operation
from rflow.web.api.paging import paginated_list

TREE_LIMIT = 2 * 1024 * 1024


def _flag_key(flag: NodeFlag) -> Key:
    return oldest_first(flag.at, f"{flag.session} {flag.seq:09}")


def _proposal_key(proposal: Proposal) -> Key:
    return oldest_first(proposal.at, f"{proposal.tree} {proposal.by.id}")


_operation = partial(Operation, tag="Trees")

OPERATIONS: tuple[Operation, ...] = (
    _operation(
        name="list_trees",
        route="GET /trees",
        summary="List the trees of a space",
        handler=paginated_list("trees", lambda c: c.workspace.tree_names(c.query.space), lambda each: Key(id=each.id)),
        query=s.SpaceListQuery,
        result=Listing[TreeName],
    ),
    _operation(
        name="add_tree",
        route="POST /trees",
        summary="Make a tree the current version of its id",
        handler=lambda c: s.TreeAdded(new=c.workspace.add_tree(c.raw, c.query.space, c.query.edited)),
        query=s.TreeUploadQuery,
        body=Tree,
        raw_body=True,
        result=s.TreeAdded,
        body_limit=TREE_LIMIT,
    ),
    _operation(
        name="remove_tree",
        route="DELETE /trees/{tree}",
        summary="Remove a tree from the list",
        handler=lambda c: c.workspace.remove_tree(c.path["tree"], c.query.space),
        query=s.SpaceQuery,
        status=204,
    ),
    _operation(
        name="tree_flags",
        route="GET /trees/{tree}/flags",
        summary="List the flags (reported mistakes) of a tree",
        handler=paginated_list("flags", lambda c: c.workspace.flags(c.path["tree"], c.query.space), _flag_key),
        query=s.SpaceListQuery,
        result=Listing[NodeFlag],
    ),
    _operation(
        name="tree_stats",
        route="GET /trees/{tree}/stats",
        summary="Count what happened at each node of a tree",
        handler=lambda c: c.workspace.tree_stats(c.path["tree"], c.query.space, c.query.since),
        query=s.StatsQuery,
        result=TreeStats,
    ),
    _operation(
        name="list_proposals",
        route="GET /tree-proposals",
        summary="List the trees that members propose",
        handler=paginated_list("proposals", lambda c: c.workspace.proposals(c.query.space), _proposal_key),
        query=s.SpaceListQuery,
        result=Listing[Proposal],
    ),
    _operation(
        name="propose_tree",
        route="POST /tree-proposals",
        summary="Propose a version of a tree",
        handler=lambda c: c.workspace.propose_tree(c.raw, c.query.space, c.query.edited or ""),
        query=s.TreeUploadQuery,
        body=Tree,
        raw_body=True,
        result=Proposal,
        status=201,
        body_limit=TREE_LIMIT,
    ),
    _operation(
        name="decide_proposal",
        route="POST /tree-proposals/{digest}/decision",
        summary="Accept or decline a proposed tree",
        handler=lambda c: c.workspace.decide_proposal(c.path["digest"], c.body.verdict, c.query.space),
        query=s.SpaceQuery,
        body=s.ProposalDecision,
        result=Proposal,
    ),
    _operation(
        name="tree_version",
        route="GET /tree-version",
        summary="Read a version of a tree",
        handler=lambda c: s.TreeVersion(data=c.workspace.tree(c.query.digest)),
        query=s.TreeDigest,
        result=s.TreeVersion,
    ),
)
