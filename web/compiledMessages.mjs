/** A loader for the build: a file of ICU messages becomes a module of the same messages, compiled for `format-only`. */
import compile from "icu-minify/compile";

export default function compiledMessages(source) {
  return `export default ${JSON.stringify(compiled(JSON.parse(source)))}`;
}

function compiled(messages) {
  if (typeof messages === "string") return compile(messages);
  return Object.fromEntries(Object.entries(messages).map(([key, message]) => [key, compiled(message)]));
}
