/** Whether the person at the screen may decide a question, and what keeps them. */
import type { Approval } from "./queries";

/** Empty when they may. */
export function whyNot(
  approval: Pick<Approval, "mayDecide" | "deciders" | "fourEyes">,
  hasPermission: boolean,
): string {
  if (approval.mayDecide && hasPermission) return "";
  if (!hasPermission) return "You may see this, not decide it.";
  if (approval.deciders.length > 0) return `Only ${approval.deciders.join(", ")} may decide this.`;
  if (approval.fourEyes) return "You started it, so somebody else has to decide.";
  return "You may not decide this.";
}

export function isEmptyData(data: unknown): boolean {
  if (data === null || data === undefined || data === "") return true;
  return typeof data === "object" && Object.keys(data).length === 0;
}
