"""What a mutant changes: cosmic-ray's operators, one kin for each sign, and three of our own for tables.

cosmic-ray would put eleven other signs in the place of a `+`, most of which only raise `TypeError`: they make
a score look better than the tests are. Here each sign gets the one or two that nearly mean the same. It does
not touch tables, which hold most of what this house decides: ours do.
"""

from __future__ import annotations

import ast
from itertools import count
from typing import TYPE_CHECKING, Any

import parso
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.operators.provider import OperatorProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINARY = (
    *("Add_Sub", "Sub_Add", "Mul_FloorDiv", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul"),
    *("BitAnd_BitOr", "BitOr_BitAnd", "BitXor_BitAnd", "LShift_RShift", "RShift_LShift"),
)
_COMPARED = (
    *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
    *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
)
_OTHERS = (
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Invert",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
)


class DropMember:
    """Leaves one member out of a tuple, set or dictionary that is written out."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """A place for each member of this table; none in what is no table."""
        for member in _members(node):
            yield member[0].start_pos, member[-1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The table without that member; `{}` stands for an empty set too, as `frozenset({})` is one."""
        rest = [member for number, member in enumerate(_members(node)) if number != index]
        inner = "".join("".join(part.get_code() for part in member) + "," for member in rest)
        return parso.parse(f"{node.get_first_leaf().prefix}{node.children[0].value}{inner}{_closing(node)}")


class SwapState:
    """Sends a step of `STEPS` to another state, or to none."""

    _OTHER = {"_A": "_P", "_P": "_A", "_F": "_T", "_T": "_F", "_N": "_C", "_C": "_N", "None": "_C"}  # noqa: RUF012 -- a table

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Two places for each target but one for none: another state, and none."""
        target = self._target(node)
        if target is not None:
            yield from [(target.start_pos, target.end_pos)] * (1 if target.value == "None" else 2)

    def mutate(self, node: Any, index: int) -> Any:
        """The step, leading elsewhere."""
        target = self._target(node)
        target.value = "None" if index else self._OTHER[target.value]
        return node

    def _target(self, node: Any) -> Any:
        if node.type != "atom_expr" or node.children[0].get_code().strip() != "Step":
            return None
        given = getattr(node.children[1].children[1], "children", [])[::2]
        return given[2] if len(given) > 2 and getattr(given[2], "value", "") in self._OTHER else None  # noqa: PLR2004 -- the third argument


class SwapIn:
    """Turns `in` into `not in` and back."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """A place for each comparison by membership."""
        if node.type == "comparison":
            for sign in node.children[1::2]:
                if sign.get_code().split() in (["in"], ["not", "in"]):
                    yield sign.start_pos, sign.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The comparison turned round."""
        places = [
            n for n in range(1, len(node.children), 2) if node.children[n].get_code().split()[-1:] == ["in"]
        ]
        sign = node.children[places[index]]
        node.children[places[index]] = parso.parse(
            " in" if sign.get_code().split()[0] == "not" else " not in"
        )
        return node


def _members(node: Any) -> list[list[Any]]:
    """The members of a table, each as its run of nodes; empty for anything else, and for `(a)` and lists."""
    if node.type != "atom" or node.children[0].value not in "({" or len(node.children) != 3:  # noqa: PLR2004 -- open, inner, close
        return []
    inner = node.children[1]
    commas = [child for child in getattr(inner, "children", []) if getattr(child, "value", "") == ","]
    if any(child.type in {"comp_for", "sync_comp_for"} for child in getattr(inner, "children", [])):
        return []
    if inner.type not in {"testlist_comp", "dictorsetmaker"} or (
        inner.type == "testlist_comp" and not commas
    ):
        return [[inner]] if node.children[0].value == "{" and inner.type != "testlist_comp" else []
    members: list[list[Any]] = [[]]
    for child in inner.children:
        if getattr(child, "value", "") == ",":
            members.append([])
        else:
            members[-1].append(child)
    return [member for member in members if member]


def _closing(node: Any) -> str:
    return str(node.children[-1].get_code())


def mutants_of(source: str) -> Iterator[tuple[str, str]]:
    """Each mutant of a module (the operator's name, its text), those that mean the same only once.

    What changes nothing but annotations, which are never evaluated, is none.
    """
    provider = OperatorProvider()
    theirs = [f"ReplaceBinaryOperator_{one}" for one in _BINARY]
    theirs += [f"ReplaceComparisonOperator_{one}" for one in _COMPARED]
    operators = {name: provider[name]() for name in (*theirs, *_OTHERS)}
    operators |= {own.__name__: own() for own in (DropMember, SwapState, SwapIn)}
    known = {_meant(source)}
    for name, operator in operators.items():
        for occurrence in count():
            try:
                text = MutationVisitor.mutate_code(source, operator, occurrence)
                if text is None:
                    break
                meant = _meant(text)
            except (
                AttributeError,
                SyntaxError,
            ):  # `except a.B` is too much for cosmic-ray's ExceptionReplacer
                continue
            if meant not in known:
                known.add(meant)
                yield name, text


class _Bare(ast.NodeTransformer):
    """What of a module is never evaluated goes: annotations, and what only a type checker reads."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if "TYPE_CHECKING" in ast.dump(node.test) else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def _meant(source: str) -> str:
    return ast.dump(_Bare().visit(ast.parse(source)))
