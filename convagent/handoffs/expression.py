"""Conditions over context variables, written as text: ``${level} >= 2 and not ${closed}``."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigError, ExpressionError, VariableMissing

_NAME = re.compile(r"\${([^}]*)}")
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_WORDS = ((re.compile(r"!(?!=)\s*"), "not "), (re.compile(r"\s+&\s+"), " and "), (re.compile(r"\s+\|\s+"), " or "))
_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


@dataclass
class ContextExpression:
    """A condition over context variables.

    Variables stand as ``${name}``; there are ``not`` or ``!``, ``and`` or ``&``, ``or`` or ``|``, comparisons,
    ``len(${name})``, brackets, numbers and quoted text. A list or dict stands for whether there is anything in it.

    Raises:
        ExpressionError: the text cannot be read.
        ConfigError: it holds anything else, such as a call.
    """

    expression: str

    def __post_init__(self) -> None:
        self._names: list[str] = []
        try:
            self._tree = ast.parse(self._as_python().strip(), mode="eval").body
        except SyntaxError as error:
            raise ExpressionError(f"the expression {self.expression!r} cannot be read: {error}") from None
        _check(self._tree, self.expression)

    def _as_python(self) -> str:
        """Return the text as Python, with a name of our own in the place of each variable."""
        texts: list[str] = []

        def put_by(match: re.Match[str]) -> str:
            texts.append(match[0])
            return f"__text_{len(texts) - 1}__"

        def named(match: re.Match[str]) -> str:
            self._names.append(match[1])
            return f"__variable_{len(self._names) - 1}__"

        found = _NAME.sub(named, _TEXT.sub(put_by, self.expression))
        for symbol, word in _WORDS:
            found = symbol.sub(word, found)
        for number, text in enumerate(texts):
            found = found.replace(f"__text_{number}__", text)
        return found

    def evaluate(self, context_variables: Mapping[str, Any]) -> bool:
        """Return whether it is true of these variables.

        Raises:
            VariableMissing: one of its variables is not set.
            ConfigError: values cannot be compared.
        """
        for name in self._names:
            if name not in context_variables:
                raise VariableMissing(f"Missing context variable: {name!r}; {self.expression!r} asks for it")
        try:
            return bool(self._value(self._tree, context_variables))
        except TypeError as error:
            raise ConfigError(f"the expression {self.expression!r} cannot be evaluated: {error}") from None

    def _value(self, node: ast.AST, variables: Mapping[str, Any]) -> Any:
        match node:
            case ast.BoolOp(op, parts):
                return self._joined(isinstance(op, ast.And), parts, variables)
            case ast.UnaryOp(op, part):
                value = self._value(part, variables)
                return not value if isinstance(op, ast.Not) else -value
            case ast.Compare(left, kinds, rights):
                return self._compared(left, kinds, rights, variables)
            case ast.Call(args=[given]):
                return _length(self._named(given, variables))
            case ast.Name():
                value = self._named(node, variables)
                return _length(value) > 0 if type(value) in (list, dict, tuple) else value
            case ast.Constant(value):
                return value
            case _:
                raise AssertionError(node)  # it was checked when it was made

    def _joined(self, all_of_them: bool, parts: list[ast.expr], variables: Mapping[str, Any]) -> Any:
        value: Any = all_of_them
        for part in parts:
            value = self._value(part, variables)
            if bool(value) is not all_of_them:
                return value
        return value

    def _compared(
        self, left: ast.expr, kinds: list[ast.cmpop], rights: list[ast.expr], variables: Mapping[str, Any]
    ) -> bool:
        before = self._value(left, variables)
        for kind, right in zip(kinds, rights, strict=True):
            after = self._value(right, variables)
            if not _COMPARED[type(kind)](before, after):
                return False
            before = after
        return True

    def _named(self, node: ast.expr, variables: Mapping[str, Any]) -> Any:
        if not isinstance(node, ast.Name):
            return self._value(node, variables)
        return variables[self._names[int(node.id.removeprefix("__variable_").removesuffix("__"))]]

    def __str__(self) -> str:
        return f"ContextExpression('{self.expression}')"


def _length(value: Any) -> int:
    try:
        return len(value)
    except TypeError:
        return 0


def _check(node: ast.AST, text: str) -> None:
    """Refuse whatever is none of the forms that an expression may have."""
    match node:
        case ast.BoolOp(values=parts):
            inner: list[ast.expr] = parts
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=part):
            inner = [part]
        case ast.Compare(left, kinds, rights) if all(type(kind) in _COMPARED for kind in kinds):
            inner = [left, *rights]
        case ast.Call(func=ast.Name(id="len"), args=[given], keywords=[]):
            inner = [given]
        case ast.Name(id=name) if name.startswith("__variable_"):
            inner = []
        case ast.Name(id=name):
            raise ConfigError(f"the expression {text!r} names {name!r}; a variable is written ${{{name}}}")
        case ast.Constant():
            inner = []
        case _:
            raise ConfigError(
                f"the expression {text!r} holds {ast.unparse(node)!r}; expected variables such as ${{name}}, not, and, "
                "or, comparisons, len(${name}), numbers and quoted text"
            )
    for part in inner:
        _check(part, text)
