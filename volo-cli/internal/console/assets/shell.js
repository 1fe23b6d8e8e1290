// The same call for a shell.

// word writes an argument for sh.
const word = (s) => (/^[\w@%+=:,./-]+$/.test(s) ? s : "'" + s.replaceAll("'", `'\\''`) + "'");

// command returns `volo call` with what a call has.
export function command(words, method, what, texts) {
  const all = words.map(word);
  for (const p of what.metadata) all.push("-H", word(`${p.key}: ${p.value}`));
  for (const p of what.persistent) all.push("--persistent", word(`${p.key}=${p.value}`));
  for (const p of what.transient) all.push("--transient", word(`${p.key}=${p.value}`));
  if (what.timeout) all.push("--timeout", word(what.timeout));
  all.push(word(what.method));
  if (!method.client_streams) return [...all, word(texts[0] ?? "{}")].join(" ");
  return `printf '%s\\n' ${texts.map(word).join(" ")} | ${all.join(" ")} -`;
}
