/** The functions and text methods of the expression language, as the runner has them. */

import type { Suggestion } from "./completion";

const DESCRIBED: Record<string, string> = {
  "abs(number)": "the number without its sign",
  "all(values)": "whether all hold",
  "any(values)": "whether one holds",
  "bool(value)": "true or false",
  "ceil(number)": "the next whole number above",
  "date(value, format)": "an instant as text, shifted by days=, hours=, …",
  "default(value, otherwise)": "otherwise, when the value is missing",
  "enumerate(values)": "pairs of number and element",
  "float(value)": "a number with a fraction",
  "floor(number)": "the next whole number below",
  "int(value)": "a whole number",
  "jmespath(data, query)": "what a query selects",
  "join(values, separator)": "one text",
  "json(value)": "JSON text as a value, or a value as JSON text",
  "keys(object)": "its keys",
  "len(value)": "how many",
  "list(value)": "as a list",
  "lower(text)": "in small letters",
  "max(values)": "the largest",
  "min(values)": "the smallest",
  "now(zone)": "this instant",
  "range(count)": "the numbers from 0",
  "replace(text, old, new)": "the text with old replaced",
  "reversed(values)": "in reverse order",
  "round(number, digits)": "rounded, half to even",
  "sorted(values, key)": "sorted, by a field",
  "split(text, separator)": "its parts",
  "str(value)": "as text",
  "strip(text)": "without spaces around",
  "sum(values)": "the sum",
  "timestamp(value)": "seconds since 1970",
  "title(text)": "Every Word Large",
  "trim(text)": "without spaces around",
  "unique(values)": "each once",
  "upper(text)": "in capitals",
  "values(object)": "its values",
  "zip(lists)": "pairs from several lists",
};

const METHOD_NAMES =
  "capitalize casefold count endswith find isdigit join lower lstrip removeprefix removesuffix replace rsplit rstrip " +
  "split splitlines startswith strip title upper zfill";

export const FUNCTIONS: Suggestion[] = Object.entries(DESCRIBED).map(([signature, detail]) => ({
  label: signature,
  detail,
  kind: "function",
  insert: `${signature.slice(0, signature.indexOf("("))}(`,
}));

export const METHODS: Suggestion[] = METHOD_NAMES.split(" ").map((name) => ({
  label: `${name}()`,
  detail: "",
  kind: "function",
  insert: `${name}(`,
}));
