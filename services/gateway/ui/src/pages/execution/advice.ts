/** What to do about a failure, by its code: the hints a colleague would give. */
import type { Execution } from "./queries";

export interface Advice {
  text: string;
  to?: string;
  link?: string;
}

type Kind = [pattern: RegExp, text: string];

const KINDS: readonly Kind[] = [
  [
    /^FILE_NOT_FOUND|^FOLDER_NOT_FOUND/,
    "Check that the file is where the runner looks for it: paths are those of the runner's machine.",
  ],
  [/PERMISSION|FORBIDDEN|DENIED/, "Give the runner's account the right to do this, or run it on another runner."],
  [
    /TIMEOUT|TIMED_OUT/,
    "Look whether the other side is slow today; a longer time limit of the node helps if it always is.",
  ],
  [/^HTTP_|CONNECTION|UNREACHABLE|DNS|TLS/, "Look whether the other system answers from the runner's machine."],
  [
    /^EXPRESSION|MISSING_KEY|KEY_/,
    "Look at the values the node was given: a name it uses is not there. default(x, y) allows that.",
  ],
  [/CREDENTIAL|AUTH/, "Check the credential that the node uses."],
  [/CAPABILITY|BROWSER_MISSING|NODE_TYPE/, "Use a runner that has what the node needs, or install it there."],
  [/^QUEUE_TIMEOUT/, "No runner could take it in time. Look at the runners, or let it wait longer."],
  [/^RUNNER|^PROCESS|^CRASH|^CHILD/, "Look at the runner's own log: its process ended in the middle."],
];

export function advise(execution: Execution, mayEdit: boolean): Advice[] {
  const { failure } = execution;
  const advice: Advice[] = [];
  const kind = KINDS.find(([pattern]) => pattern.test(failure?.code ?? ""));
  if (kind) advice.push({ text: kind[1] });
  if (failure?.nodeId) {
    advice.push({
      text: "Look at what the node was given and what it said:",
      to: `/executions/${execution.id}?q=&tab=log&level=warning`,
      link: "warnings and errors of the log",
    });
  }
  advice.push({ text: "Then retry: it starts from the beginning, with the same inputs." });
  if (mayEdit && failure?.nodeId) {
    advice.push({
      text: "To stop this for good:",
      to: `/workflows/${execution.workflowId}/studio?node=${failure.nodeId}`,
      link: "open the node in the Studio",
    });
  }
  return advice;
}
