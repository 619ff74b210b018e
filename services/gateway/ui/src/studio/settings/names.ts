/** A name that no entry of a list has yet. */
export function freeName(stem: string, taken: readonly { name: string }[]): string {
  let name = stem;
  for (let number = 2; taken.some((entry) => entry.name === name); number += 1) name = `${stem}${number}`;
  return name;
}
