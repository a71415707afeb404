/** JSON with a line for each member, every value in the very characters that came; any other text as it is. */
function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const lines = [];
  let line = "";
  let depth = 0;
  let before = "";
  const next = () => {
    lines.push(line);
    line = "  ".repeat(depth);
  };
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === "}" || token === "]") {
      depth -= 1;
      if (before !== "{" && before !== "[") next();
    } else if (before === "{" || before === "[" || before === ",") next();
    line += token === ":" ? ": " : token;
    if (token === "{" || token === "[") depth += 1;
    before = token;
  }
  return [...lines, line].join("\n");
}
