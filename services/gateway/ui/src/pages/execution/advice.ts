/** What to do about a failure: what a colleague would say, with the page where it is done. */
import { explain, type Place } from "./failures";
import type { Execution } from "./queries";

export interface Advice {
  text: string;
  to?: string;
  link?: string;
}

export function advise(execution: Execution, mayEdit: boolean): Advice[] {
  const { failure } = execution;
  const advice: Advice[] = [];
  const meaning = failure ? explain(failure.code) : undefined;
  if (meaning) advice.push({ text: meaning.next, ...doorTo(meaning.place, execution, mayEdit) });
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

function doorTo(place: Place | undefined, execution: Execution, mayEdit: boolean): Omit<Advice, "text"> {
  if (place === "runner" && execution.runnerId) {
    return { to: `/runners/${execution.runnerId}`, link: execution.runnerName ?? "The runner" };
  }
  if (place === "runner" || place === "runners") return { to: "/runners", link: "Runners" };
  if (place === "workflow" && mayEdit) {
    return { to: `/workflows/${execution.workflowId}/studio`, link: "Open the Studio" };
  }
  return {};
}
