/** The way to older rows and back, for lists whose place stands in the address; nothing where all rows are shown. */
import { useAddress } from "~/routing/useAddress";

import { Pager } from "./Filters";

export function PageFoot({ nextCursor }: { nextCursor: string | null }) {
  const [{ cursor }, change] = useAddress();
  if (!cursor && nextCursor === null) return null;
  return (
    <Pager
      atStart={!cursor}
      hasMore={nextCursor !== null}
      onNewer={() => change({ cursor: undefined })}
      onOlder={() => change({ cursor: nextCursor ?? undefined }, { push: true })}
    />
  );
}
