import { StatusBadge } from "~/shared/Status";

import type { ItemStatus } from "./queries";
import { LOOKS, WORDS } from "./words";

export function ItemState({ status, pill = false }: { status: ItemStatus; pill?: boolean }) {
  return (
    <StatusBadge status={LOOKS[status]} pill={pill}>
      {WORDS[status]}
    </StatusBadge>
  );
}
