"""What expressions do not have, in words."""

import ast


def words_for(node: ast.AST) -> str:
    """What a node of the syntax tree is called where it is refused."""
    return _FORBIDDEN.get(type(node), type(node).__name__)


_FORBIDDEN: dict[type[ast.AST], str] = {
    ast.Lambda: "lambda",
    ast.NamedExpr: "an assignment",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Set: "a set",
    ast.SetComp: "a set",
    ast.Starred: "*",
    ast.BitAnd: "`&`",
    ast.BitOr: "`|`",
    ast.BitXor: "`^`",
    ast.LShift: "`<<`",
    ast.RShift: "`>>`",
    ast.MatMult: "`@`",
    ast.Invert: "`~`",
}
