// Parses and binds Kusto queries with Microsoft's own language service.
//
// One JSON object a line on standard input, one on standard output:
//   {"schema": {table: {column: type}}}  -> {"ok": true}
//   {"query": text}                      -> {"tree": …} or {"refused": [diagnostic, …]}
//
// The tree is an array: ["literal", value], ["name", name], ["call", function, [arguments]],
// ["binary", operator, left, right], ["in", operator, left, [values]], ["path", value, key],
// ["pipe", source, operator], ["where", condition], ["extend"|"project", [[name, value]]] … and at
// the top ["lets", [[name, value]], query].
"use strict";

const modules = process.argv[2];
require(`${modules}/@kusto/language-service-next/bridge.min.js`);
require(`${modules}/@kusto/language-service-next/Kusto.Language.Bridge.min.js`);

const { KustoCode, GlobalState, Symbols, Syntax } = Kusto.Language;

let globals = GlobalState.Default;

function quoted(name) {
  return `['${name}']`;
}

function setSchema(schema) {
  const tables = Object.entries(schema).map(([table, columns]) => {
    const list = Object.entries(columns).map(([name, type]) => `${quoted(name)}:${type}`);
    return Symbols.TableSymbol.From(`(${list.join(", ")})`).WithName(table);
  });
  globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1("events", tables));
}

function kind(node) {
  return System.Enum.toString(Syntax.SyntaxKind, node.Kind);
}

function children(node) {
  const found = [];
  for (let index = 0; index < node.ChildCount; index++) {
    const child = node.GetChild(index);
    if (child) found.push(child);
  }
  return found;
}

function isToken(node) {
  return /(Token|Keyword)$/.test(kind(node)) && node.ChildCount === 0;
}

/** The parts of a node that carry meaning: no brackets, commas or empty lists. */
function parts(node) {
  return children(node).filter((child) => !isToken(child) && child.Width > 0);
}

function items(list) {
  return children(list).map((element) =>
    kind(element) === "SeparatedElement" ? element.GetChild(0) : element,
  );
}

function list(node) {
  const found = parts(node);
  return found.length ? items(found[0]).map(tree) : [];
}

function named(node) {
  if (kind(node) === "SimpleNamedExpression") {
    const [name, value] = parts(node);
    return [name.SimpleName, tree(value)];
  }
  return [node.SimpleName || kind(node), tree(node)];
}

function operators(node) {
  return children(node).filter(isToken).map((token) => token.Text).join("");
}

const KINDS = {
  StringLiteralExpression: (node) => ["literal", node.LiteralValue],
  CompoundStringLiteralExpression: (node) => ["literal", node.LiteralValue],
  LongLiteralExpression: (node) => ["literal", Number(node.LiteralValue)],
  IntLiteralExpression: (node) => ["literal", Number(node.LiteralValue)],
  BooleanLiteralExpression: (node) => ["literal", node.ToString().trim().toLowerCase() === "true"],
  DynamicExpression: (node) => tree(parts(node)[0]),
  JsonArrayExpression: (node) => ["array", list(node)],
  NameReference: (node) => ["name", node.SimpleName],
  ParenthesizedExpression: (node) => tree(parts(node)[0]),
  FunctionCallExpression: (node) => {
    const [name, list_] = children(node);
    return ["call", name.SimpleName, list(list_)];
  },
  PathExpression: (node) => {
    const [value, selector] = parts(node);
    return ["path", tree(value), selector.SimpleName];
  },
  ElementExpression: (node) => {
    const [value, selector] = parts(node);
    return ["path", tree(value), parts(selector)[0].LiteralValue];
  },
  PipeExpression: (node) => ["pipe", ...parts(node).map(tree)],
  FilterOperator: (node) => ["where", tree(parts(node).at(-1))],
  ExtendOperator: (node) => ["extend", items(parts(node)[0]).map(named)],
  ProjectOperator: (node) => ["project", items(parts(node)[0]).map(named)],
  ProjectAwayOperator: (node) => ["project-away", items(parts(node)[0]).map((n) => n.SimpleName)],
  SummarizeOperator: (node) => {
    const [aggregates, ...by] = parts(node);
    if (by.length) throw new Error("summarize with by is not modelled");
    return ["summarize", items(aggregates).map(named)];
  },
  MvApplyOperator: (node) => {
    const [columns, subquery] = parts(node);
    const [column] = items(columns);
    const [name, value] = named(parts(column)[0]);
    return ["mv-apply", name, value, tree(parts(subquery)[0])];
  },
  LookupOperator: (node) => {
    const [, parameters, table, clause] = children(node);
    if (!/^kind=inner$/.test(parameters.ToString().replace(/\s/g, ""))) {
      throw new Error(`lookup ${parameters} is not modelled`);
    }
    return ["lookup", tree(table), items(parts(clause)[0]).map((n) => n.SimpleName)];
  },
  TakeOperator: (node) => ["take", tree(parts(node).at(-1))],
  UnaryMinusExpression: (node) => ["call", "negate", [tree(parts(node)[0])]],
  ToScalarExpression: (node) => ["scalar", tree(parts(node).at(-1))],
  // Evaluated once instead of twice: the same rows.
  MaterializeExpression: (node) => tree(parts(node).at(-1)),
  ExternalDataExpression: (node) => ["external", tree(items(parts(node)[1])[0])[1]],
  FunctionDeclaration: () => ["function"],
};

function tree(node) {
  const name = kind(node);
  if (KINDS[name]) return KINDS[name](node);
  const [left, right, ...more] = parts(node);
  if (left && right && !more.length && kind(right) === "ExpressionList") {
    return ["in", operators(node), tree(left), list(right)];
  }
  if (/Expression$/.test(name) && left && right && !more.length) {
    return ["binary", operators(node), tree(left), tree(right)];
  }
  throw new Error(`${name} is not modelled`);
}

function main(code) {
  const statements = items(parts(code.Syntax)[0]);
  const last = statements.pop();
  const lets = statements.map((statement) => {
    if (kind(statement) !== "LetStatement") throw new Error(`${kind(statement)} is not modelled`);
    const [name, value] = parts(statement);
    return [name.SimpleName, tree(value)];
  });
  return ["lets", lets, tree(parts(last)[0])];
}

function diagnostics(code) {
  const found = code.GetDiagnostics();
  const errors = [];
  for (let index = 0; index < found.Count; index++) {
    const diagnostic = found.getItem(index);
    if (diagnostic.Severity === "Error") {
      errors.push(`${diagnostic.Code} at ${diagnostic.Start}: ${diagnostic.Message}`);
    }
  }
  return errors;
}

function answer(request) {
  if (request.schema) {
    setSchema(request.schema);
    return { ok: true };
  }
  const code = KustoCode.ParseAndAnalyze(request.query, globals);
  const refused = diagnostics(code);
  if (refused.length) return { refused };
  try {
    return { tree: main(code) };
  } catch (problem) {
    return { unknown: problem.message };
  }
}

const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
});
